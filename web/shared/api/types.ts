import type { components } from './schema'

/** The shapes of the REST contract by the names that pages use. They come from docs/openapi.json through `npm run api`; what the
 *  document leaves open (an event's data) and what it does not describe yet is written out below. Times are RFC 3339 UTC. */
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
  from?: Address; to?: Address[]; cc?: Address[]; automatic?: string | boolean; forwarded?: unknown; warnings?: string[]
  /** Length of a call. */
  seconds?: number
  event?: { code: string; data: Record<string, unknown> }
}
export type Entry = Omit<Schemas['Entry'], 'meta'> & { meta: EntryMeta }
export type TicketPage = Omit<Schemas['TicketPage'], 'entries'> & { entries: Entry[] }

export interface Page<T> { items: T[]; next: string | null }
interface Named { id: number; name: string }
export interface Team { id: number; name_ru: string; name_en: string }
export interface Category { id: number; name_ru: string; name_en: string }
export interface Service extends Team { categories: Category[] }
export interface Agent { id: number; person_id: number; name: string }
export interface PersonRow { id: number; name: string; handles: Handle[]; organization: Named | null; is_provisional?: boolean }
export interface PersonProfile extends PersonRow { language: string; time_zone: string; tickets: TicketRow[] }

export interface Field {
  name: string; type: 'text' | 'number' | 'boolean' | 'secret' | 'choice' | 'email' | 'host'
  label_en: string; label_ru: string; help_en: string; help_ru: string; required: boolean; default: unknown; choices: string[]
}
export interface ChannelKind { kind: string; settings: Field[] }
export interface Channel {
  id: number; kind: string; name: string; settings?: Record<string, unknown>
  health?: { ok: boolean; reason: string; at: string | null } | null
}
export interface Finding { ok: boolean; what_en: string; what_ru: string; hint_en: string; hint_ru: string }
export interface Quarantined { id: number; channel_id: number; channel_name: string; received_at: string; size: number; error: string; external_id: string; preview: string }

/** Ids only: what changed is asked for again. */
export interface LiveEvent { ticket_id?: number; number?: string; entry_id?: number; version?: number; kind?: string; person_id?: number; name?: string; state?: string }
