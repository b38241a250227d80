import { createRouter, createWebHistory } from 'vue-router'
import InboxPage from './pages/InboxPage.vue'
import { VIEWS } from '@/ticket-list/views'

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: '/', redirect: '/mine' },
    { path: '/t/:number', redirect: (to) => `/all/${String(to.params.number)}` },
    { path: `/:view(${VIEWS.join('|')})/:number?`, name: 'ticket', component: InboxPage, props: true },
    {
      path: '/admin', name: 'admin', component: () => import('./pages/AdminPage.vue'), redirect: '/admin/quarantine',
      children: [
        { path: 'quarantine', component: () => import('@/admin/QuarantinePage.vue') },
        { path: 'channels', component: () => import('@/admin/ChannelsPage.vue') },
        { path: 'catalogue', component: () => import('@/admin/CataloguePage.vue') },
        { path: 'people', component: () => import('@/admin/PeoplePage.vue') },
      ],
    },
    { path: '/:rest(.*)*', redirect: '/mine' },
  ],
})
