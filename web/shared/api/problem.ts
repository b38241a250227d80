interface Said { en: string; ru: string }
interface More { fields?: Record<string, string>; retryAfter?: number; current?: unknown }

/** What went wrong with a call, in words for the reader. Everything the API client throws is a Problem. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** The server's code, or one of ours: 'offline' (no answer at all), 'unreadable' (an answer that is no problem+json). */
  readonly code: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly said: Said | null
  readonly more: More
  constructor(code: string, status: number, said: Said | null, more: More = {}) {
    super(said?.en ?? code)
    this.code = code
    this.status = status
    this.said = said
    this.more = more
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Reads problem+json; anything else (a proxy's page, an empty body) becomes a Problem without words of its own. */
export function problemOf(status: number, body: unknown, retryAfterHeader: string | null): Problem {
  const b = (body !== null && typeof body === 'object' ? body : {}) as Record<string, unknown>
  return new Problem(text(b.code) || 'unreadable', status, saidIn(b), {
    fields: b.fields as Record<string, string> | undefined,
    retryAfter: secondsOf(b.retry_after ?? retryAfterHeader),
    current: b.current,
  })
}
function saidIn(body: Record<string, unknown>): Said | null {
  const en = text(body.detail) || text(body.title)
  return en ? { en, ru: text(body.detail_ru) || en } : null
}
function secondsOf(value: unknown): number | undefined {
  const seconds = Number(value ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds : undefined
}

/** Which of our own sentences (i18n `problem.*`) stands in when the server said nothing readable. */
export function ownWords(status: number): string {
  const known: Record<number, string> = { 0: 'offline', 401: 'session', 403: 'forbidden', 404: 'missing', 409: 'conflict', 412: 'changed', 413: 'large', 429: 'busy' }
  return known[status] ?? (status >= 500 ? 'server' : 'refused')
}

export const isProblem = (error: unknown, status?: number): error is Problem =>
  error instanceof Problem && (status === undefined || error.status === status)
