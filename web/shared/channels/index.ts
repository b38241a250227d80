import type { ChannelLook } from './look'

const files = import.meta.glob<ChannelLook>('./kinds/*.ts', { eager: true, import: 'default' })
const looks = new Map(Object.values(files).map((look) => [look.kind, look]))

/** A kind this build has never heard of (a new channel on the server) still gets a sign and a colour. */
const unknown: ChannelLook = {
  kind: '', ru: 'Другой канал', en: 'Other channel', light: 'oklch(.53 .03 262)', dark: 'oklch(.7 .025 262)',
  path: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 5.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z', viewBox: '1 1 22 22',
}
export const lookOf = (kind: string): ChannelLook => looks.get(kind) ?? unknown

