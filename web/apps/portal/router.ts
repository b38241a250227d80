import { createRouter, createWebHistory } from 'vue-router'
import HomePage from './pages/HomePage.vue'
import { i18n } from '@/i18n'

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', name: 'home', component: HomePage },
    { path: '/new', name: 'new', component: () => import('./pages/NewPage.vue') },
    { path: '/link', name: 'link', component: () => import('./pages/LinkPage.vue'), meta: { open: true } },
    { path: '/confirm', name: 'confirm', component: () => import('./pages/ConfirmPage.vue'), meta: { open: true } },
    { path: '/t/:number', name: 'ticket', component: () => import('./pages/TicketPage.vue'), props: true },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
router.afterEach((to) => { document.title = [to.params.number, i18n.global.t('brand')].filter(Boolean).join(' · ') })
