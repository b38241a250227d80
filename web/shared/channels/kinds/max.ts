import type { ChannelLook } from '../look'

export default {
  kind: 'max', ru: 'MAX', en: 'MAX', light: 'oklch(.55 .22 292)', dark: 'oklch(.66 .18 292)',
  path: 'M12 2.5a9.5 9.5 0 1 1-3.9 18.2c-1.4 1.3-3.6 1.7-4.5.6-1-1.3-1.1-5.9-1.1-9.3A9.5 9.5 0 0 1 12 2.5Zm0 5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z', viewBox: '1 1 22 22',
} satisfies ChannelLook
