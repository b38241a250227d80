import { uuid } from '@/lib/uuid'

/** One Idempotency-Key per user action. The key is made when an action is first tried and kept until the server has
 *  answered it for good, so pressing "send" again after a lost answer repeats the same action instead of doing it twice. */
const pending = new Map<string, string>()

const nameOf = (method: string, path: string, body: unknown) => `${method} ${path} ${JSON.stringify(body ?? null)}`

export function keyFor(method: string, path: string, body: unknown): string {
  const name = nameOf(method, path, body)
  const key = pending.get(name) ?? uuid()
  pending.set(name, key)
  return key
}

export function settle(method: string, path: string, body: unknown): void {
  pending.delete(nameOf(method, path, body))
}
