import { onScopeDispose, readonly, ref } from 'vue'
import { useDebounceFn } from '@vueuse/core'
import { apiUrl } from '@/api/http'
import type { LiveEvent } from '@/api/types'

export type LiveName = 'entry' | 'ticket' | 'dispatch' | 'presence' | 'read' | 'counts' | 'reload'
type Listener = (name: LiveName, data: LiveEvent) => void
type Told = { name: LiveName; data: LiveEvent } | { up: boolean } | { asks: true }

const NAMES: LiveName[] = ['entry', 'ticket', 'dispatch', 'presence', 'read', 'counts', 'reload']
const POLL_MS = 15_000
const REOPEN_MS = 5_000
const listeners = new Set<Listener>()
const up = ref(true)
/** Browsers allow six connections to one server over HTTP/1.1: one tab listens and tells the others. */
const tabs = new BroadcastChannel('uzel.live')
let poll: ReturnType<typeof setInterval> | undefined
let started = false, leads = false

const emit = (name: LiveName, data: LiveEvent = {}) => { for (const listener of listeners) listener(name, data) }

/** While the stream is down the pages ask by themselves: slower, but nothing is missed. */
function setUp(now: boolean): void {
  if (now && !up.value) emit('reload')
  up.value = now
  clearInterval(poll)
  poll = now ? undefined : setInterval(() => emit('reload'), POLL_MS)
}
function tell(told: Told): void {
  tabs.postMessage(told)
  hear(told)
}
function hear(told: Told): void {
  if ('name' in told) emit(told.name, told.data)
  else if ('up' in told) setUp(told.up)
  else if (leads) tabs.postMessage({ up: up.value } satisfies Told)
}

function listen(): void {
  const source = new EventSource(apiUrl('/live'))
  source.addEventListener('open', () => tell({ up: true }))
  source.addEventListener('error', () => {
    tell({ up: false })
    // The browser reconnects by itself, with Last-Event-ID, unless the answer was an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, REOPEN_MS)
  })
  for (const name of NAMES) source.addEventListener(name, (e) => tell({ name, data: JSON.parse((e as MessageEvent<string>).data || '{}') as LiveEvent }))
}

/** Starts following what changes. The tab that holds the lock listens; when it closes, the next one takes over. */
export function openStream(): void {
  if (started) return
  started = true
  tabs.addEventListener('message', (e: MessageEvent<Told>) => hear(e.data))
  const lead = () => { leads = true; listen(); return new Promise<never>(() => undefined) }
  // Locks exist on https and localhost only; elsewhere every tab listens for itself.
  if ('locks' in navigator) void navigator.locks.request('uzel.live', lead)
  else void lead()
  tabs.postMessage({ asks: true } satisfies Told)
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
