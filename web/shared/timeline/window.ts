import type { Entry } from '@/api/types'

/** Times are compared as times: as text "…:54.62Z" would come before "…:54Z". */
const isBefore = (a: Entry, b: Entry) => (Date.parse(a.at) - Date.parse(b.at) || a.id - b.id) < 0

/** Earlier entries that were loaded by hand, followed by the server's newest window. Whatever the window covers is replaced by
 *  it whole (an entry that was moved away disappears); what slid out of the window at its top stays known. */
export function withWindow(known: readonly Entry[], window: readonly Entry[]): Entry[] {
  const first = window[0]
  if (!first) return []
  const covered = new Set(window.map((e) => e.id))
  return [...known.filter((e) => !covered.has(e.id) && isBefore(e, first)), ...window]
}
