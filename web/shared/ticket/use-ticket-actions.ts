import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useQueryCache } from '@pinia/colada'
import { useRouter } from 'vue-router'
import { patch, post, remove } from '@/api/http'
import { isProblem } from '@/api/problem'
import { hideToast, say } from '@/ui/toasts'
import { useProblem } from '@/ui/use-problem'
import { usePick } from '@/lib/localized'
import { useTimes } from '@/lib/time'
import type { Agreement, Entry, PromiseState, Ticket, TicketPage } from '@/api/types'
import type { TicketState } from './use-ticket'

export type TicketChange = Partial<Pick<Ticket, 'status' | 'owner_id' | 'team_id' | 'subject' | 'kind' | 'service_id' | 'category_id' | 'impact' | 'urgency' | 'due_at'>>
interface Accepted { merge_id: number; ticket_merge_id: number | null }
interface JoinUndone { entry: Entry; number: string }

/** Everything an agent can do to the open ticket. Each says what went wrong by itself and offers the way back where there is one. */
export function useTicketActions(state: TicketState) {
  const { t } = useI18n()
  const pick = usePick()
  const times = useTimes()
  const { attempt } = useProblem()
  const router = useRouter()
  const cache = useQueryCache()
  const path = (rest = '') => `/tickets/${state.ticket.value!.number}${rest}`
  const counts = () => cache.invalidateQueries({ key: ['counts'] })
  const leave = async () => { say(t('ticket.gone')); await router.push({ name: 'ticket', params: { view: router.currentRoute.value.params.view } }) }
  const open = (number: string) => router.push({ name: 'ticket', params: { ...router.currentRoute.value.params, number } })

  // What is said about a collision belongs to its ticket and goes away with it.
  let collision: number | undefined
  watch(() => state.ticket.value?.number, () => { if (collision) hideToast(collision) })

  function nowIs(field: string): string {
    const now = state.ticket.value!
    const shown: Record<string, () => string> = {
      status: () => t(`status.${now.status}`),
      owner_id: () => now.owner_name ?? t('ticket.nobody'),
      team_id: () => pick(now.team_name_ru, now.team_name_en) || t('ticket.noTeam'),
      service_id: () => pick(now.service_name_ru, now.service_name_en) || t('ticket.noService'),
      category_id: () => pick(now.category_name_ru, now.category_name_en) || t('ticket.noCategory'),
      kind: () => t(`catalogue.kinds.${now.kind}`),
      due_at: () => (now.due_at ? times.full(now.due_at) : t('event.noDue')),
      subject: () => now.subject,
    }
    return shown[field]?.() ?? t(`priority.${now.priority}`)
  }
  /** Changes fields of the version on screen. When somebody was faster, theirs is shown and nothing is overwritten unasked. */
  async function change(fields: TicketChange): Promise<void> {
    await attempt(async () => {
      try {
        const changed = await patch<Ticket | undefined>(path(), fields, state.ticket.value!.version)
        if (changed) state.setTicket(changed)
        else await leave() // it went to a team whose tickets this agent does not see
        void counts()
      } catch (error) {
        if (!isProblem(error, 412)) throw error
        await state.refresh()
        const field = Object.keys(fields)[0]!
        const again = { label: t('ticket.mineAnyway'), run: () => void change(fields) }
        collision = say(t('ticket.changedMeanwhile', { field: t(`field.${field}`), now: nowIs(field) }), { tone: 'danger', action: again })
      }
    })
  }
  const take = () => attempt(async () => { await post(path('/take')); await state.refresh(); void counts() })
  const refreshed = async () => { state.restart(); await state.refresh(); void counts() }

  const undoMerge = (id: number) => attempt(async () => {
    const back = await post<TicketPage>(`/merges/${id}/undo`)
    await refreshed()
    say(t('merge.undone', { number: back.ticket.number }), { action: { label: t('common.show'), run: () => void open(back.ticket.number) } })
  })
  const merge = (into: string) => attempt(async () => {
    const loser = state.ticket.value!.number
    const { merge_id, ticket } = await post<{ merge_id: number; ticket: TicketPage }>(path('/merge'), { into })
    state.setPage(ticket)
    void cache.invalidateQueries({ key: ['ticket', loser] })
    await open(ticket.ticket.number)
    say(t('merge.done', { number: ticket.ticket.number }), { action: { label: t('common.undo'), run: () => void undoMerge(merge_id) } })
    return ticket
  })
  const undoSplit = (id: number) => attempt(async () => { await post(`/splits/${id}/undo`); await refreshed(); say(t('split.undone')) })
  const split = (entry_ids: number[], subject: string) => attempt(async () => {
    const { split_id, ticket } = await post<{ split_id: number; ticket: TicketPage }>(path('/split'), { entry_ids, subject: subject || undefined })
    await refreshed()
    say(t('split.done', { number: ticket.ticket.number }), { action: { label: t('common.undo'), run: () => void undoSplit(split_id) } })
    return ticket
  })
  const undoJoin = (joinId: number) => attempt(async () => {
    const { number } = await post<JoinUndone>(`/joins/${joinId}/undo`)
    await refreshed()
    say(t('why.undone', { number }), { action: { label: t('common.show'), run: () => void open(number) } })
  })
  const move = (entry: Entry, to: string) => attempt(async () => {
    const moved = await post<Entry>(`/entries/${entry.id}/move`, { to })
    await refreshed()
    say(t('why.moved', { number: to }), { action: moved.join ? { label: t('common.undo'), run: () => void undoJoin(moved.join!.id) } : undefined })
  })
  const undoAccepted = ({ merge_id, ticket_merge_id }: Accepted) => attempt(async () => {
    if (ticket_merge_id) await post(`/merges/${ticket_merge_id}/undo`)
    await post(`/person-merges/${merge_id}/undo`)
    await refreshed()
    say(t(ticket_merge_id ? 'person.partedBoth' : 'people.undone'))
  })
  const replaceEntry = (call: () => Promise<Entry>) => attempt(async () => {
    const of = state.ticket.value!.number
    const entry = await call()
    state.setEntry(of, entry)
    return entry
  })
  return {
    change, take, merge, undoMerge, split, undoSplit, move, undoJoin, open,
    withdraw: (id: number) => replaceEntry(() => post<Entry>(`/entries/${id}/withdraw`)),
    resend: (id: number) => replaceEntry(() => post<Entry>(`/dispatches/${id}/resend`)),
    sendBy: (id: number, channel_id: number, to: string) => replaceEntry(() => post<Entry>(`/dispatches/${id}/send-by`, { channel_id, to })),
    promise: (text: string, due_at: string | null) => attempt(async () => { const made = await post<Agreement>(path('/promises'), { text, due_at: due_at ?? undefined }); await state.refresh(); return made }),
    settlePromise: (id: number, to: PromiseState) => attempt(async () => { await patch(`/promises/${id}`, { state: to }); await state.refresh() }),
    addParticipant: (person_id: number) => attempt(async () => { await post(path('/participants'), { person_id, role: 'watcher' }); await state.refresh() }),
    dropParticipant: (person_id: number) => attempt(async () => { await remove(path(`/participants/${person_id}`)); await state.refresh() }),
    acceptSuggestion: (id: number, join_ticket: boolean) => attempt(async () => {
      const accepted = await post<Accepted>(`/suggestions/${id}/accept`, { join_ticket })
      await refreshed()
      say(t(accepted.ticket_merge_id ? 'person.acceptedBoth' : 'person.accepted'), { action: { label: t('common.undo'), run: () => void undoAccepted(accepted) } })
    }),
    dismissSuggestion: (id: number) => attempt(async () => { await post(`/suggestions/${id}/dismiss`); await state.refresh() }),
  }
}
export type TicketActions = ReturnType<typeof useTicketActions>
