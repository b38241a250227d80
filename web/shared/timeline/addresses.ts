import type { Address } from '@/api/types'

/** The bare address, without a name. */
export const bare = (address: Address): string => (typeof address === 'string' ? address : address.value)
/** "Anna <anna@mail.example>, ivan@mail.example": for a line that is read. */
export const written = (list: readonly Address[] | undefined): string =>
  (list ?? []).map((a) => (typeof a !== 'string' && a.name && a.name !== a.value ? `${a.name} <${a.value}>` : bare(a))).join(', ')
