import { ref, watch, type Ref } from 'vue'

/** What somebody is writing outlives a reload, a lost session and a closed tab: one draft per place (e.g. 'reply:U-10482'). */
const PREFIX = 'uzel.draft.'
const KEEP_MS = 30 * 86_400_000
interface Kept { text: string; at: number }

function read(place: string): string {
  try {
    return (JSON.parse(localStorage.getItem(PREFIX + place) ?? 'null') as Kept | null)?.text ?? ''
  } catch { return '' } // not ours or cut short: there is no draft
}
function write(place: string, text: string): void {
  try {
    if (text) localStorage.setItem(PREFIX + place, JSON.stringify({ text, at: Date.now() } satisfies Kept))
    else localStorage.removeItem(PREFIX + place)
  } catch { /* storage full or forbidden: the text stays on the page */ }
}

export function useDraft(place: Ref<string>): Ref<string> {
  const text = ref(read(place.value))
  // Sync: a key press and a page that dies in the same moment must not lose the letter.
  watch(text, (value) => write(place.value, value), { flush: 'sync' })
  watch(place, (next) => { text.value = read(next) }, { flush: 'sync' })
  return text
}

/** Forgets drafts nobody has touched for a month. */
export function sweepDrafts(now = Date.now()): void {
  for (const key of Object.keys(localStorage).filter((k) => k.startsWith(PREFIX))) {
    try {
      if (now - (JSON.parse(localStorage.getItem(key)!) as Kept).at > KEEP_MS) localStorage.removeItem(key)
    } catch { localStorage.removeItem(key) } // unreadable: nothing to keep
  }
}
