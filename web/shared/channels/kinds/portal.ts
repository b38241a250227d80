import type { ChannelLook } from '../look'

export default {
  kind: 'portal', ru: 'Портал', en: 'Portal', light: 'oklch(.515 .17 264)', dark: 'oklch(.68 .14 264)',
  path: 'M5 3.5h14a2.5 2.5 0 0 1 2.5 2.5v12a2.5 2.5 0 0 1-2.5 2.5H5A2.5 2.5 0 0 1 2.5 18V6A2.5 2.5 0 0 1 5 3.5Zm.5 2.700a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.400Zm4 0a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.400ZM5.2 11v6.800h13.600V11Z', viewBox: '1 1 22 22',
} satisfies ChannelLook
