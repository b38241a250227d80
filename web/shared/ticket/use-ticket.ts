import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { useQuery, useQueryCache } from '@pinia/colada'
import { get } from '@/api/http'
import { refetchOn } from '@/live/stream'
import { withWindow } from '@/timeline/window'
import type { Entry, Ticket, TicketPage } from '@/api/types'

export const ticketKey = (number: string) => ['ticket', number]

/** One ticket with its timeline, kept current by the live stream. */
export function useTicket(number: Ref<string>) {
  const cache = useQueryCache()
  const { data: page, error, refetch } = useQuery({
    key: () => ticketKey(number.value), query: () => get<TicketPage>(`/tickets/${number.value}`), staleTime: 10_000,
  })
  const known = shallowRef<Entry[]>([]), earlier = ref<string | null>(null), loadingEarlier = ref(false)
  let of = ''

  /** Lets the next answer replace entries that were loaded by hand, because an action may have moved them. Those on screen stay until
   *  then: an emptied list would lose the reader's place. */
  function restart(): void { of = '' }
  watch(page, (fresh) => {
    if (!fresh) { known.value = []; return restart() }
    const again = of === fresh.ticket.number
    known.value = withWindow(again ? known.value : [], fresh.entries)
    if (!again || known.value.length === fresh.entries.length) earlier.value = fresh.earlier
    of = fresh.ticket.number
  }, { immediate: true })

  async function loadEarlier(): Promise<void> {
    if (!earlier.value || loadingEarlier.value) return
    loadingEarlier.value = true
    try {
      const at = number.value
      const older = await get<{ items: Entry[]; earlier: string | null }>(`/tickets/${at}/entries`, { before: earlier.value })
      if (at !== number.value) return
      known.value = [...older.items, ...known.value]
      earlier.value = older.earlier
    } finally { loadingEarlier.value = false }
  }
  const refresh = () => refetch()
  function setPage(next: TicketPage): void { restart(); cache.setQueryData(ticketKey(next.ticket.number), next) }
  // An answer may come after the reader has gone on to another ticket: it goes where it belongs, by number.
  function setTicket(ticket: Ticket): void {
    const old = cache.getQueryData<TicketPage>(ticketKey(ticket.number))
    if (old) cache.setQueryData(ticketKey(ticket.number), { ...old, ticket: { ...old.ticket, ...ticket } })
  }
  /** Puts one entry in its place in the ticket `of`, or at the end when it is new; the live stream brings the rest. */
  function setEntry(of: string, entry: Entry): void {
    const old = cache.getQueryData<TicketPage>(ticketKey(of))
    if (!old) return
    const there = old.entries.some((e) => e.id === entry.id)
    cache.setQueryData(ticketKey(of), { ...old, entries: there ? old.entries.map((e) => (e.id === entry.id ? entry : e)) : [...old.entries, entry] })
    if (of === number.value) known.value = known.value.map((e) => (e.id === entry.id ? entry : e))
  }
  const PASSING = new Set(['presence', 'read']) // who looks at it changes nothing in it
  refetchOn((name, data) => !PASSING.has(name) && data.ticket_id === page.value?.ticket.id, refresh)
  return { page, ticket: computed(() => page.value?.ticket), entries: known, earlier, loadingEarlier, error, refresh, restart, loadEarlier, setPage, setTicket, setEntry }
}
export type TicketState = ReturnType<typeof useTicket>
