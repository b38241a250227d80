import { dayKey } from '@/lib/time'
import type { Entry } from '@/api/types'

export interface Row {
  entry: Entry
  /** First entry of its day. */
  newDay: boolean
  /** The channel that the talk left for this entry's one. */
  movedFrom: string | null
  /** Continues the author's previous message, so the name need not be said again. */
  grouped: boolean
}
const GROUP_MS = 10 * 60_000
/** What a channel brought as a letter (it has addresses or an original) is drawn as one. */
export const isLetter = (e: Entry) => e.kind === 'message' && Boolean(e.meta.from ?? e.meta.to ?? (e.has_original || undefined))

const isBubble = (e: Entry) => e.kind === 'message' && !isLetter(e)
const voice = (e: Entry) => `${e.direction} ${e.channel_kind} ${e.author_name}`
function continues(a: Entry | undefined, b: Entry): boolean {
  return a !== undefined && isBubble(a) && isBubble(b) && voice(a) === voice(b) && Date.parse(b.at) - Date.parse(a.at) < GROUP_MS
}
const isTalk = (e: Entry) => (e.kind === 'message' || e.kind === 'call') && Boolean(e.channel_kind)

/** Adds what a reader needs between entries: a day, and the moment when the channel changed. */
export function rowsOf(entries: readonly Entry[]): Row[] {
  let channel: string | null = null, day = ''
  return entries.map((entry, i) => {
    const talks = isTalk(entry)
    const newDay = dayKey(entry.at) !== day
    const movedFrom = talks && channel && channel !== entry.channel_kind ? channel : null
    day = dayKey(entry.at)
    if (talks) channel = entry.channel_kind
    return { entry, newDay, movedFrom, grouped: !newDay && !movedFrom && continues(entries[i - 1], entry) }
  })
}

/** The channels of the talk in the order in which they were first used, and the one in use now. */
export function journeyOf(channels: readonly string[], last: string): { kind: string; now: boolean }[] {
  return [...new Set(channels.filter(Boolean))].map((kind) => ({ kind, now: kind === last }))
}
