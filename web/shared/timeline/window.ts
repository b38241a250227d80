import type { Entry } from '@/api/types'

/** Earlier entries that were loaded by hand, followed by the server's newest window. Whatever the window covers is replaced by
 *  it whole (an entry that was moved away disappears); what slid out of the window at its top stays known. */
export function withWindow(known: readonly Entry[], window: readonly Entry[]): Entry[] {
  const first = window[0]
  if (!first) return []
  const before = known.filter((e) => e.at < first.at || (e.at === first.at && e.id < first.id))
  return [...before, ...window]
}
