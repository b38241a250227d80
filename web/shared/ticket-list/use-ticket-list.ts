import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { get } from '@/api/http'
import { Problem } from '@/api/problem'
import { refetchOn } from '@/live/stream'
import type { Page, TicketRow } from '@/api/types'

const LIMIT = 50
/** Down to here a refresh reads the list again from its top; deeper, only the pages on screen. */
const CHAIN = 3
export interface Filter { view: string; q: string; scope?: string }

/** A list of any length by keyset pages. What is on screen is what gets refetched: pages below it are dropped and come again when scrolled to. */
export function useTicketList(filter: Ref<Filter>) {
  const pages = shallowRef<Page<TicketRow>[]>([])
  const loading = ref(true), problem = shallowRef<Problem | null>(null)
  const rows = computed(() => {
    const seen = new Set<number>() // a ticket that moved up may stand in two pages for a while: the upper one is true
    return pages.value.flatMap((p) => p.items).filter((r) => !seen.has(r.id) && seen.add(r.id))
  })
  const more = computed(() => Boolean(pages.value.at(-1)?.next))
  let turn = new AbortController(), fetching = false, topIsOld = false, onScreen = { first: 0, last: 0 }

  const fetchPage = (cursor: string | null | undefined, signal: AbortSignal) =>
    get<Page<TicketRow>>('/tickets', { ...filter.value, limit: LIMIT, cursor }, signal)

  /** Runs one fetch of the list; a filter that changes meanwhile makes its answer void. */
  async function run(fetchNext: (signal: AbortSignal) => Promise<Page<TicketRow>[]>): Promise<void> {
    const { signal } = turn
    fetching = true
    try {
      const next = await fetchNext(signal)
      if (!signal.aborted) { pages.value = next; problem.value = null }
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      if (!signal.aborted) { loading.value = false; fetching = false }
    }
  }
  async function loadMore(): Promise<void> {
    const last = pages.value.at(-1)
    if (fetching || !last?.next) return
    await run(async (signal) => [...pages.value, await fetchPage(last.next, signal)])
  }
  async function fromTop(wanted: number, signal: AbortSignal): Promise<Page<TicketRow>[]> {
    const fresh: Page<TicketRow>[] = []
    do fresh.push(await fetchPage(fresh.at(-1)?.next, signal))
    while (fresh.length < wanted && fresh.at(-1)!.next)
    return fresh
  }
  async function inPlace(first: number, last: number, signal: AbortSignal): Promise<Page<TicketRow>[]> {
    const next = [...pages.value]
    for (let i = Math.max(1, first); i <= Math.min(last, next.length - 1); i++) next[i] = await fetchPage(pages.value[i - 1]!.next, signal)
    return next
  }
  /** Reads again what is on screen: the list from its top, or, for a reader far below, just the pages there. */
  async function refresh(): Promise<void> {
    const first = Math.floor(onScreen.first / LIMIT), last = Math.floor(onScreen.last / LIMIT)
    topIsOld = last >= CHAIN
    await run((signal) => (topIsOld ? inPlace(first, last, signal) : fromTop(last + 1, signal)))
  }
  function shown(first: number, last: number): void {
    onScreen = { first, last }
    if (last >= rows.value.length - 10) void loadMore()
    else if (topIsOld && last < LIMIT) void refresh()
  }
  function markRead(number: string): void {
    if (!rows.value.some((r) => r.number === number && r.unread)) return
    pages.value = pages.value.map((p) => ({ ...p, items: p.items.map((r) => (r.number === number ? { ...r, unread: false } : r)) }))
  }
  watch(filter, () => {
    turn.abort()
    turn = new AbortController()
    pages.value = []
    onScreen = { first: 0, last: 0 }
    loading.value = true
    void refresh()
  }, { immediate: true, deep: true })
  refetchOn((name) => name === 'entry' || name === 'ticket' || name === 'read', refresh)
  onScopeDispose(() => turn.abort())
  return { rows, more, loading, problem, shown, refresh, markRead }
}
