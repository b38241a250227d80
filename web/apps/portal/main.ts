import '@/ui/fonts.css'
import '@/ui/app.css'
import { createApp } from 'vue'
import { createPinia } from 'pinia'
import { PiniaColada } from '@pinia/colada'
import { i18n, initLocale } from '@/i18n'
import { sweepDrafts } from '@/lib/drafts'
import { router } from './router'
import App from './App.vue'

await initLocale({ ru: () => [import('@/i18n/portal.ru.json')], en: () => [import('@/i18n/portal.en.json')] })
sweepDrafts()
createApp(App).use(createPinia()).use(PiniaColada, {}).use(router).use(i18n).mount('#app')
