import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useNow, useThrottleFn } from '@vueuse/core'
import { call } from '@/api/http'
import { Problem } from '@/api/problem'
import { onLive } from '@/live/stream'
import { useSession } from '@/session/store'

const FRESH_MS = 45_000, AGAIN_MS = 20_000
interface Other { name: string; writing: boolean; at: number }

/** Who else looks at this ticket or writes in it right now, so that two do not answer one. Live only, nothing is stored. */
export function usePresence(number: Ref<string>, ticket: Ref<number | undefined>) {
  const session = useSession()
  const others = ref(new Map<number, Other>())
  const now = useNow({ interval: 5_000 })
  async function tell(at: string, state: 'viewing' | 'writing' | 'gone') {
    try {
      await call(`/tickets/${at}/presence`, { method: 'POST', body: { state }, anonymous: true })
    } catch (error) {
      if (!(error instanceof Problem)) throw error // not being seen by others is no reason to disturb who works
    }
  }
  const writing = useThrottleFn(() => tell(number.value, 'writing'), AGAIN_MS)
  const beat = setInterval(() => { if (!document.hidden) void tell(number.value, 'viewing') }, AGAIN_MS)
  watch(number, (next, last) => {
    if (last) void tell(last, 'gone')
    others.value = new Map()
    void tell(next, 'viewing')
  }, { immediate: true })
  onLive((name, data) => {
    if (name !== 'presence' || data.ticket_id !== ticket.value || !data.person_id || data.person_id === session.me?.person_id) return
    const next = new Map(others.value)
    if (data.state === 'gone') next.delete(data.person_id)
    else next.set(data.person_id, { name: data.name ?? '', writing: data.state === 'writing', at: Date.now() })
    others.value = next
  })
  onScopeDispose(() => { clearInterval(beat); void tell(number.value, 'gone') })
  const here = computed(() => [...others.value.values()].filter((o) => o.name && now.value.getTime() - o.at < FRESH_MS))
  return { here, writing }
}
