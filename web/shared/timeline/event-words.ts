import { useI18n } from 'vue-i18n'
import { useServices, useTeams } from '@/api/catalog'
import { useSession } from '@/session/store'
import { useTimes } from '@/lib/time'
import { usePick } from '@/lib/localized'
import type { Entry, Team } from '@/api/types'

type Data = Record<string, unknown>
const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** A system event as a sentence in the reader's language; an event this build does not know keeps the server's text. */
export function useEventWords() {
  const { t, te } = useI18n()
  const times = useTimes()
  const pick = usePick()
  const session = useSession()
  const { data: teams } = useTeams(() => session.isAgent)
  const { data: services } = useServices(() => session.isAgent)

  const byKey = (group: string) => (v: unknown) => (te(`${group}.${word(v)}`) ? t(`${group}.${word(v)}`) : word(v))
  const byId = (list: Team[] | undefined, none: string) => (v: unknown) => {
    const found = list?.find((x) => x.id === v)
    return found ? pick(found.name_ru, found.name_en) : v === null || v === undefined ? t(none) : word(v)
  }
  const status = byKey(te('plain.status.new') ? 'plain.status' : 'status')
  const values: Record<string, (v: unknown) => string> = {
    status, reopened: status, confirmed: status, priority: byKey('priority'),
    team: (v) => byId(teams.value, 'event.noTeam')(v), service: (v) => byId(services.value, 'event.noService')(v),
    due: (v) => (word(v) ? times.full(word(v)) : t('event.noDue')),
  }
  function params(code: string, d: Data): Record<string, string> {
    const side = (s: 'from' | 'to') => values[code]?.(d[s]) ?? (word(d[`${s}_name`]) || word(d[s]) || t('ticket.nobody'))
    return {
      from: side('from'), to: side('to'), loser: word(d.loser), source: word(d.source), target: word(d.target),
      text: word(d.text), state: byKey('promise')(d.state),
    }
  }
  return (entry: Entry): string => {
    const event = entry.meta.event
    // A face may say an event in plainer words of its own.
    const key = event && [`plain.event.${event.code}`, `event.${event.code}`].find((k) => te(k))
    if (!event || !key) return entry.text
    return t(key, { who: entry.author_name || t('event.uzel'), ...params(event.code, event.data ?? {}) })
  }
}
