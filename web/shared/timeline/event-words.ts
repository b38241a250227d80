import { useI18n } from 'vue-i18n'
import { useTimes } from '@/lib/time'
import { usePick } from '@/lib/localized'
import type { Entry } from '@/api/types'

type Data = Record<string, unknown>
const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** A system event as a sentence in the reader's language; an event this build does not know keeps the server's text. */
export function useEventWords() {
  const { t, te } = useI18n()
  const times = useTimes()
  const pick = usePick()
  const named = (d: Data, side: 'from' | 'to') => pick(word(d[`${side}_name_ru`]), word(d[`${side}_name_en`])) || word(d[`${side}_name`]) || word(d[side])
  const values: Record<string, (v: unknown) => string> = {
    status: (v) => (te(`status.${word(v)}`) ? t(`status.${word(v)}`) : word(v)),
    priority: (v) => (te(`priority.${word(v)}`) ? t(`priority.${word(v)}`) : word(v)),
    due: (v) => (word(v) ? times.full(word(v)) : t('event.noDue')),
  }
  function params(code: string, d: Data): Record<string, string> {
    const value = values[code]
    const side = (s: 'from' | 'to') => (value ? value(d[s]) : named(d, s)) || t('ticket.nobody')
    return {
      from: side('from'), to: side('to'), number: word(d.number) || word(d.loser) || word(d.target) || word(d.into),
      name: word(d.name) || word(d.person) || word(d.loser_name), text: word(d.text), count: word(d.count) || word(d.entry_count),
    }
  }
  return (entry: Entry): string => {
    const event = entry.meta.event
    if (!event || !te(`event.${event.code}`)) return entry.text
    return t(`event.${event.code}`, { who: entry.author_name || t('event.uzel'), ...params(event.code, event.data ?? {}) })
  }
}
