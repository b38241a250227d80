import type { ChannelLook } from '../look'

export default {
  kind: 'walk-in', ru: 'Лично', en: 'In person', light: 'oklch(.53 .1 140)', dark: 'oklch(.72 .1 140)',
  path: 'M12 2.5a4.6 4.6 0 1 1 0 9.2 4.6 4.6 0 0 1 0-9.2Zm0 11c5 0 8.8 2.6 8.8 6.2 0 1-.8 1.8-1.8 1.8H5c-1 0-1.8-.8-1.8-1.8 0-3.6 3.8-6.2 8.8-6.2Z', viewBox: '1 1 22 22',
} satisfies ChannelLook
