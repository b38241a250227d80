// @vitest-environment node
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, onSessionLost, post } from '@/api/http'
import { Problem, ownWords, problemOf } from '@/api/problem'

type Answer = (req: IncomingMessage, res: ServerResponse, body: string) => void
let server: Server, answer: Answer
const seen: { method: string; key: string | undefined; client: string | undefined; match: string | undefined }[] = []
const realFetch = globalThis.fetch

beforeEach(async () => {
  seen.length = 0
  server = createServer((req, res) => {
    let body = ''
    req.on('data', (part: Buffer) => { body += part.toString() }).on('end', () => {
      const h = (name: string) => req.headers[name] as string | undefined
      seen.push({ method: req.method!, key: h('idempotency-key'), client: h('x-uzel-client'), match: h('if-match') })
      answer(req, res, body)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  globalThis.fetch = (url, init) => realFetch(origin + String(url), init)
})
afterEach(() => { globalThis.fetch = realFetch; server.closeAllConnections(); server.close(); onSessionLost(() => Promise.resolve(false)) })
const json = (res: ServerResponse, status: number, body: unknown) => { res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)) }
const failure = async (p: Promise<unknown>) => { try { await p } catch (error) { return error as Problem } throw new Error('was expected to fail') }

test('a call that got no answer is repeated with the same key', async () => {
  answer = (_req, res) => { if (seen.length === 1) res.destroy(); else json(res, 201, { id: 1 }) }
  await expect(post('/tickets/U-1/notes', { text: 'a' })).resolves.toEqual({ id: 1 })
  expect(seen).toHaveLength(2)
  expect(seen[0]!.key).toBeTruthy()
  expect(seen[1]!.key).toBe(seen[0]!.key)
})
test('the next action has a key of its own, also with the same words', async () => {
  answer = (_req, res) => json(res, 201, {})
  await post('/tickets/U-1/notes', { text: 'a' })
  await post('/tickets/U-1/notes', { text: 'a' })
  expect(seen[1]!.key).not.toBe(seen[0]!.key)
})
test('a server error keeps the key for the next press of the button', async () => {
  answer = (_req, res) => (seen.length === 1 ? json(res, 500, {}) : json(res, 201, {}))
  await failure(post('/tickets/U-1/notes', { text: 'b' }))
  await post('/tickets/U-1/notes', { text: 'b' })
  expect(seen[1]!.key).toBe(seen[0]!.key)
})
test('changes carry the guard header and the version they are based on', async () => {
  answer = (_req, res) => json(res, 200, {})
  await call('/tickets/U-1', { method: 'PATCH', body: { status: 'open' }, version: 7 })
  expect(seen[0]).toMatchObject({ client: 'web', match: '"7"' })
})
test('a lost session waits for a new sign-in and the call goes on', async () => {
  let asked = 0
  onSessionLost(() => { asked++; return Promise.resolve(true) })
  answer = (_req, res) => (seen.length === 1 ? json(res, 401, {}) : json(res, 201, { ok: true }))
  await expect(post('/tickets/U-1/notes', { text: 'c' })).resolves.toEqual({ ok: true })
  expect(asked).toBe(1)
  expect(seen[1]!.key).toBe(seen[0]!.key)
})
test('problem+json is read in both languages with its fields', async () => {
  answer = (_req, res) => json(res, 412, { code: 'stale', detail: 'Changed', detail_ru: 'Изменилось', current: 5, fields: { status: 'x' } })
  const problem = await failure(call('/tickets/U-1', { method: 'PATCH', body: {}, version: 1 }))
  expect(problem).toMatchObject({ code: 'stale', status: 412, said: { en: 'Changed', ru: 'Изменилось' }, more: { current: 5, fields: { status: 'x' } } })
})
test("a proxy's page is a problem without words of its own", async () => {
  answer = (_req, res) => { res.writeHead(413, { 'Content-Type': 'text/html' }).end('<h1>413</h1>') }
  expect(await failure(call('/x', { method: 'POST', body: {} }))).toMatchObject({ code: 'unreadable', status: 413, said: null })
})
test('waiting times come from the body, else from the header', () => {
  expect(problemOf(429, { retry_after: 7 }, '30').more.retryAfter).toBe(7)
  expect(problemOf(429, {}, '30').more.retryAfter).toBe(30)
  expect(problemOf(429, null, null).more.retryAfter).toBeUndefined()
})
test.each([[0, 'offline'], [403, 'forbidden'], [500, 'server'], [418, 'refused']])('status %i without words becomes "%s"', (status, name) => { expect(ownWords(status)).toBe(name) })
