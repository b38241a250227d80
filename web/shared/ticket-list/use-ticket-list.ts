import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { get } from '@/api/http'
import { Problem } from '@/api/problem'
import { refetchOn } from '@/live/stream'
import type { Page, TicketRow } from '@/api/types'

const LIMIT = 50
export interface Filter { view: string; q: string; scope?: string }

/** A list of any length by keyset pages. What is on screen is what gets refetched: pages below it are dropped and come again when scrolled to. */
export function useTicketList(filter: Ref<Filter>) {
  const pages = shallowRef<Page<TicketRow>[]>([])
  const loading = ref(true), problem = shallowRef<Problem | null>(null)
  const rows = computed(() => pages.value.flatMap((p) => p.items))
  const more = computed(() => Boolean(pages.value.at(-1)?.next))
  let turn = new AbortController(), fetching = false, lastShown = 0

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
  /** Reads again from the top down to the last page that is shown. */
  async function refresh(): Promise<void> {
    const wanted = Math.max(1, Math.ceil((lastShown + 1) / LIMIT))
    await run(async (signal) => {
      const fresh: Page<TicketRow>[] = []
      do fresh.push(await fetchPage(fresh.at(-1)?.next, signal))
      while (fresh.length < wanted && fresh.at(-1)!.next)
      return fresh
    })
  }
  function shown(lastIndex: number): void {
    lastShown = lastIndex
    if (lastIndex >= rows.value.length - 10) void loadMore()
  }
  function markRead(number: string): void {
    if (!rows.value.some((r) => r.number === number && r.unread)) return
    pages.value = pages.value.map((p) => ({ ...p, items: p.items.map((r) => (r.number === number ? { ...r, unread: false } : r)) }))
  }
  watch(filter, () => {
    turn.abort()
    turn = new AbortController()
    pages.value = []
    lastShown = 0
    loading.value = true
    void refresh()
  }, { immediate: true, deep: true })
  refetchOn((name) => name === 'entry' || name === 'ticket' || name === 'read', refresh)
  onScopeDispose(() => turn.abort())
  return { rows, more, loading, problem, shown, refresh, markRead }
}
