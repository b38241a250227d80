import { onScopeDispose, readonly, ref } from 'vue'
import { useDebounceFn } from '@vueuse/core'
import { apiUrl } from '@/api/http'
import type { LiveEvent } from '@/api/types'

export type LiveName = 'entry' | 'ticket' | 'dispatch' | 'presence' | 'read' | 'counts' | 'reload'
type Listener = (name: LiveName, data: LiveEvent) => void

const NAMES: LiveName[] = ['entry', 'ticket', 'dispatch', 'presence', 'read', 'counts', 'reload']
const POLL_MS = 15_000
const REOPEN_MS = 5_000
const listeners = new Set<Listener>()
const up = ref(true)
let source: EventSource | undefined
let poll: ReturnType<typeof setInterval> | undefined

const emit = (name: LiveName, data: LiveEvent = {}) => { for (const listener of listeners) listener(name, data) }

/** While the stream is down the pages ask by themselves: slower, but nothing is missed. */
function setUp(now: boolean): void {
  if (now && !up.value) emit('reload')
  up.value = now
  clearInterval(poll)
  poll = now ? undefined : setInterval(() => emit('reload'), POLL_MS)
}

export function openStream(): void {
  source?.close()
  source = new EventSource(apiUrl('/live'))
  source.addEventListener('open', () => setUp(true))
  source.addEventListener('error', () => {
    setUp(false)
    // The browser reconnects by itself, with Last-Event-ID, unless the answer was an error.
    if (source?.readyState === EventSource.CLOSED) setTimeout(openStream, REOPEN_MS)
  })
  for (const name of NAMES) source.addEventListener(name, (e) => emit(name, JSON.parse((e as MessageEvent<string>).data || '{}') as LiveEvent))
}

export const liveUp = readonly(up)
export function onLive(listener: Listener): void {
  listeners.add(listener)
  onScopeDispose(() => listeners.delete(listener))
}
/** Calls `refetch` once, 50 ms after the last of a burst of events that `concerns` lets through. */
export function refetchOn(concerns: (name: LiveName, data: LiveEvent) => boolean, refetch: () => unknown): void {
  const soon = useDebounceFn(refetch, 50, { maxWait: 500 })
  onLive((name, data) => { if (name === 'reload' || concerns(name, data)) void soon() })
}
