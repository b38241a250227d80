import type { ChannelLook } from '../look'

export default {
  kind: 'webchat', ru: 'Чат на сайте', en: 'Web chat', light: 'oklch(.56 .15 262)', dark: 'oklch(.66 .14 262)',
  path: 'M5 3.5h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-7.5L6.6 21.4a.6.6 0 0 1-1-.5v-3.4H5a3 3 0 0 1-3-3v-8a3 3 0 0 1 3-3Z', viewBox: '0 0 24 24',
} satisfies ChannelLook
