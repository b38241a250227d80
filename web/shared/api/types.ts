import type { components } from './schema'

/** The shapes of the REST contract by the names that pages use. They come from docs/openapi.json through `npm run api`; what the
 *  document leaves open (an event's data, live events) is written out below. Times are RFC 3339 UTC. */
type Schemas = components['schemas']

export type Me = Schemas['Me']
export type TicketRow = Schemas['TicketRow']
export type Ticket = Schemas['Ticket']
export type Status = TicketRow['status']
export type Handle = Schemas['Handle']
export type Participant = Schemas['Participant']
/** What was agreed; called so because Promise is taken in this language. */
export type Agreement = Schemas['Promise']
export type PromiseState = Agreement['state']
export type PersonSuggestion = Schemas['PersonSuggestion']
export type Attachment = Schemas['Attachment']
export type Dispatch = Schemas['Dispatch']
export type DispatchState = Dispatch['state']
export type Join = Schemas['Join']
export type Via = Schemas['Via']
export type Counts = Schemas['Counts']

/** An address as a channel brought it: written out, or with the name beside it. */
export type Address = string | { name?: string; value: string }
export interface EntryMeta {
  from?: Address; to?: Address[]; cc?: Address[]; automatic?: string | boolean; forwarded?: { name?: string; value?: string }; warnings?: string[]
  /** Length of a call. */
  seconds?: number
  event?: { code: string; data: Record<string, unknown> }
}
export type Entry = Omit<Schemas['Entry'], 'meta'> & { meta: EntryMeta }
export type TicketPage = Omit<Schemas['TicketPage'], 'entries'> & { entries: Entry[] }

export interface Page<T> { items: T[]; next: string | null }
type Names = Pick<Schemas['TeamRow'], 'id' | 'name_ru' | 'name_en'>
/** Anything that has a name in both languages. */
export type Team = Names
export type Category = Schemas['CategoryRow']
export type Service = Schemas['ServiceRow']
export type Agent = Schemas['AgentRow']
export type PersonRow = Schemas['PersonRow']
export type PersonProfile = Schemas['PersonProfile']

export type Field = Schemas['SettingField']
export type ChannelKind = Schemas['ChannelKind']
export type Channel = Schemas['ChannelRow']
export type Finding = Schemas['FindingRow']
export type Quarantined = Schemas['DeliveryRow']

/** Ids only: what changed is asked for again. */
export interface LiveEvent { ticket_id?: number; number?: string; entry_id?: number; version?: number; kind?: string; person_id?: number; name?: string; state?: string }
