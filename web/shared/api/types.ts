/** The shapes of the REST contract (docs/openapi.json) that pages read. Times are RFC 3339 UTC strings. */
export type Role = 'requester' | 'agent' | 'lead' | 'administrator'
export type Status = 'new' | 'open' | 'waiting_user' | 'waiting_others' | 'resolved' | 'closed'
export type TicketKind = 'incident' | 'request' | 'question'
export type Proof = 'claimed' | 'probable' | 'proven'
/** 1 is critical, 4 is low. */
export type Priority = 1 | 2 | 3 | 4

export interface Page<T> { items: T[]; next: string | null }
export interface Named { id: number; name: string }
export interface Handle { id: number; kind: string; value: string; shown: string; proof: Proof; evidence: string; is_shared: boolean }
export interface Team { id: number; name_ru: string; name_en: string }
export interface Category { id: number; name_ru: string; name_en: string }
export interface Service extends Team { categories: Category[] }
export interface Agent { id: number; person_id: number; name: string }

export interface Me {
  person_id: number; name: string; role: Role; agent_id: number | null; language: string; time_zone: string
  teams: Team[]; organization: Named | null; availability: string | null; demo: boolean; handles: Handle[]; sees_organization: boolean
}

export interface TicketRow {
  id: number; number: string; subject: string; kind: TicketKind; status: Status; priority: Priority
  requester_id: number; requester_name: string; organization_name: string | null
  owner_id: number | null; owner_name: string | null; team_id: number | null; team_name_ru: string; team_name_en: string
  service_name_ru: string | null; service_name_en: string | null
  channels: string[]; last_channel: string; last_direction: 'in' | 'out' | 'internal'; preview: string
  last_entry_at: string; created_at: string; first_contact_at: string; due_at: string | null; unread: boolean; version: number
}
export interface OpenTicket { number: string; subject: string; status: Status; last_entry_at: string }
export interface Requester {
  id: number; name: string; is_provisional: boolean; language: string; time_zone: string
  organization: Named | null; handles: Handle[]; open_tickets: OpenTicket[]
}
export interface Participant { person_id: number; name: string; role: string }
export type PromiseState = 'open' | 'kept' | 'broken' | 'cancelled'
export interface Agreement { id: number; text: string; due_at: string | null; made_by_name: string; state: PromiseState; created_at: string; entry_id: number | null }
export interface Merge { id: number; loser: string; loser_subject: string; at: string; by_name: string }
export interface Split { id: number; target: string; entry_count: number; at: string }
export interface Link { kind: string; number: string; subject: string; status: Status }
export interface Reason { code: string; points: number; en: string; ru: string }
export interface PersonCard { id: number; name: string; handles: Handle[] }
export interface PersonSuggestion {
  id: number; person: PersonCard; target: PersonCard; score: number; reasons: Reason[]
  ticket_number: string | null; target_ticket_number: string | null
}
export type Ability = 'reply' | 'note' | 'assign' | 'edit' | 'merge' | 'split' | 'confirm' | 'reopen'
export interface Ticket extends TicketRow {
  impact: number; urgency: number; category_id: number | null; category_name_ru: string | null; category_name_en: string | null
  service_id: number | null; organization_id: number | null
  resolved_at: string | null; confirmed_at: string | null; closed_at: string | null; answered_at: string | null
  entry_count: number; merged_into: string | null; requester: Requester; participants: Participant[]; promises: Agreement[]
  merges: Merge[]; splits: Split[]; links: Link[]; suggestions: PersonSuggestion[]; can: Partial<Record<Ability, boolean>>
}

export interface Attachment { id: number; name: string; content_type: string; size: number; is_inline: boolean; content_id: string; problem: string | null }
export type DispatchState = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'unsure' | 'cancelled'
export interface Dispatch {
  id: number; channel_kind: string; to: string; state: DispatchState; attempts: number; code: string; reason: string
  state_at: string; cancel_until: string | null
}
export interface Alternative { number: string; subject: string; score: number }
export type Verdict = 'token' | 'thread' | 'score' | 'new' | 'agent' | 'event'
export interface Join { id: number; verdict: Verdict; score: number | null; reasons: Reason[]; alternatives: Alternative[]; by_name: string | null }
export interface EntryMeta {
  from?: string; to?: string | string[]; cc?: string | string[]; automatic?: boolean; forwarded?: boolean; warnings?: string[]
  event?: { code: string; data: Record<string, unknown> }
}
export interface Entry {
  id: number; kind: 'message' | 'note' | 'call' | 'event'; direction: 'in' | 'out' | 'internal'
  channel_id: number | null; channel_kind: string; channel_name: string; person_id: number | null; agent_id: number | null
  author_name: string; subject: string; text: string; has_quoted: boolean; has_html: boolean; has_original: boolean
  at: string; created_at: string; withdrawn: boolean; meta: EntryMeta; attachments: Attachment[]; dispatches: Dispatch[]; join: Join | null
}
export interface TicketPage { ticket: Ticket; entries: Entry[]; earlier: string | null; redirected_from?: string | null }
export interface Via {
  channel_id: number; channel_kind: string; channel_name: string; to: string; to_shown: string; proof: Proof
  rich_text: boolean; max_text: number; max_file: number; ok: boolean; why_en?: string; why_ru?: string; is_default: boolean
}
export type Counts = Partial<Record<'open' | 'mine' | 'my_teams' | 'unassigned' | 'waiting' | 'due', number>>

export interface PersonRow { id: number; name: string; handles: Handle[]; organization: Named | null; is_provisional?: boolean }
export interface PersonMerge { id: number; loser_name: string; at: string; by_name: string }
export interface PersonProfile extends PersonRow {
  language: string; time_zone: string; tickets: TicketRow[]; suggestions: PersonSuggestion[]; merges: PersonMerge[]
}

export interface Field {
  name: string; type: 'text' | 'number' | 'boolean' | 'secret' | 'choice' | 'email' | 'host'
  label_en: string; label_ru: string; help_en: string; help_ru: string; required: boolean; default: unknown; choices: string[]
}
export interface ChannelKind { kind: string; settings: Field[] }
export interface Channel {
  id: number; kind: string; name: string; is_active?: boolean; settings?: Record<string, unknown>
  capabilities?: Record<string, unknown>; health?: { ok: boolean; reason: string; at: string | null } | null
}
export interface Finding { ok: boolean; what_en: string; what_ru: string; hint_en: string; hint_ru: string }
export interface Quarantined { id: number; channel_id: number; channel_name: string; received_at: string; size: number; error: string; external_id: string; preview: string }

export interface LiveEvent { ticket_id?: number; number?: string; entry_id?: number; version?: number; kind?: string; agent_id?: number; name?: string; state?: string }
