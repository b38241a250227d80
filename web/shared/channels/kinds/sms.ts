import type { ChannelLook } from '../look'

export default {
  kind: 'sms', ru: 'СМС', en: 'SMS', light: 'oklch(.6 .13 55)', dark: 'oklch(.6 .13 55)',
  path: 'M5 3.5h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-7.5L6.6 21.4a.6.6 0 0 1-1-.5v-3.4H5a3 3 0 0 1-3-3v-8a3 3 0 0 1 3-3ZM7.5 9.3a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8Zm4.5 0a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8Zm4.5 0a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8Z', viewBox: '0 0 24 24',
} satisfies ChannelLook
