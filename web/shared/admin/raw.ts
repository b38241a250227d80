import { apiUrl } from '@/api/http'
import { keyFor, settle } from '@/api/action-keys'
import { problemOf } from '@/api/problem'

/** Puts a raw body (a delivery as it came) back, byte for byte as edited. */
export async function putText(path: string, text: string): Promise<void> {
  const headers = { 'X-Uzel-Client': 'web', 'Idempotency-Key': keyFor('PUT', path, text), 'Content-Type': 'application/octet-stream' }
  const answer = await fetch(apiUrl(path), { method: 'PUT', headers, body: text })
  settle('PUT', path, text)
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => undefined), answer.headers.get('Retry-After'))
}
