import { Problem, problemOf } from './problem'
import { keyFor, settle } from './action-keys'

const BASE = '/api/v1'
/** Waits before repeating a call that got no answer; a repeat is safe because of the Idempotency-Key. */
const PAUSES_MS = [400, 1500]
const PASSING = new Set([502, 503, 504])

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  query?: Record<string, string | number | null | undefined>
  body?: unknown
  /** The version the change is based on; sent as If-Match. */
  version?: number
  signal?: AbortSignal
  /** 401 is an answer here, not a lost session. */
  anonymous?: boolean
}

/** Set by the session: resolves to true once somebody has signed in again, so that the call can go on. */
let signInAgain: () => Promise<boolean> = () => Promise.resolve(false)
export const onSessionLost = (ask: () => Promise<boolean>) => { signInAgain = ask }
let language = 'ru'
export const speak = (locale: string) => { language = locale }

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
export const apiUrl = (path: string) => BASE + path

function urlOf(path: string, query: Call['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== '').map(([k, v]) => [k, String(v)])
  return apiUrl(path) + (pairs.length ? `?${new URLSearchParams(pairs as [string, string][])}` : '')
}

function headersOf(path: string, { method = 'GET', body, version }: Call): Headers {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language })
  if (method !== 'GET') {
    headers.set('X-Uzel-Client', 'web')
    headers.set('Idempotency-Key', keyFor(method, path, body))
  }
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  if (version !== undefined) headers.set('If-Match', `"${version}"`)
  return headers
}

function requestOf(path: string, options: Call): RequestInit {
  const { method, body, signal } = options
  return { method, headers: headersOf(path, options), signal, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body) }
}

async function attempt(path: string, options: Call): Promise<Response> {
  const { query, signal } = options
  const request = requestOf(path, options)
  for (let turn = 0; ; turn++) {
    const last = turn >= PAUSES_MS.length
    try {
      const response = await fetch(urlOf(path, query), request)
      if (last || !PASSING.has(response.status)) return response
    } catch (error) {
      if (signal?.aborted) throw error
      if (last) throw new Problem('offline', 0, null)
    }
    await pause(PAUSES_MS[turn]!)
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const raw = await response.text()
  if (!raw) return undefined
  try { return JSON.parse(raw) } catch { return undefined } // a proxy's HTML page: the status alone says what happened
}

/** Calls the API. Throws Problem, and only that (or the abort of `signal`). */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const { method = 'GET', body } = options
  let response = await attempt(path, options)
  if (response.status === 401 && !options.anonymous && (await signInAgain())) response = await attempt(path, options)
  const answer = await bodyOf(response)
  if (response.status < 500) settle(method, path, body)
  if (!response.ok) throw problemOf(response.status, answer, response.headers.get('Retry-After'))
  return answer as T
}

export const get = <T>(path: string, query?: Call['query'], signal?: AbortSignal) => call<T>(path, { query, signal })
export const post = <T = void>(path: string, body?: unknown) => call<T>(path, { method: 'POST', body: body ?? {} })
export const patch = <T = void>(path: string, body: unknown, version?: number) => call<T>(path, { method: 'PATCH', body, version })
export const remove = <T = void>(path: string) => call<T>(path, { method: 'DELETE' })
