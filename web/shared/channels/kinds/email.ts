import type { ChannelLook } from '../look'

export default {
  kind: 'email', ru: 'Почта', en: 'Email', light: 'oklch(.53 .03 262)', dark: 'oklch(.7 .025 262)',
  path: 'M4 5h16a2 2 0 0 1 2 1.7l-10 6.1L2 6.7A2 2 0 0 1 4 5Zm-2 4v8a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V9l-10 6.1Z', viewBox: '1 1 22 22',
} satisfies ChannelLook
