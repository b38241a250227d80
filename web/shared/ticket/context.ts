import { inject, provide, type InjectionKey, type Ref } from 'vue'
import type { TicketState } from './use-ticket'
import type { TicketActions } from './use-ticket-actions'

interface Context {
  state: TicketState
  actions: TicketActions
  /** Ids of ticked entries while a split is being chosen; null otherwise. */
  ticked: Ref<Set<number> | null>
  /** Text that goes back into the composer: a message that was withdrawn in time. */
  returned: Ref<string | null>
}
const key: InjectionKey<Context> = Symbol('ticket')
/** The ticket that is open, for the parts of its page: chips, ticks and dialogs act on it without a chain of events. */
export function provideTicket(context: Context): Context {
  provide(key, context)
  return context
}
export function useOpenTicket(): Context {
  const found = inject(key)
  if (!found) throw new Error('useOpenTicket() outside of an open ticket')
  return found
}
