import type { ChannelLook } from '../look'

export default {
  kind: 'phone', ru: 'Звонок', en: 'Call', light: 'oklch(.58 .11 190)', dark: 'oklch(.68 .11 190)',
  path: 'M7 2.6 9.1 2a1.6 1.6 0 0 1 1.9 1l1.2 3a1.6 1.6 0 0 1-.5 1.8L10 9.2a11 11 0 0 0 4.8 4.8l1.4-1.7a1.6 1.6 0 0 1 1.8-.5l3 1.2a1.6 1.6 0 0 1 1 1.9l-.6 2.1A4 4 0 0 1 17.3 20C10 20 4 14 4 6.7A4 4 0 0 1 7 2.6Z', viewBox: '1 0 23 23',
} satisfies ChannelLook
