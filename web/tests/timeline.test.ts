import { expect, test } from 'vitest'
import { isLetter, journeyOf, rowsOf } from '@/timeline/rows'
import { withWindow } from '@/timeline/window'
import { linked } from '@/timeline/linked'
import { bare, written } from '@/timeline/addresses'
import type { Entry } from '@/api/types'

const entry = (over: Partial<Entry>): Entry => ({
  id: 1, kind: 'message', direction: 'in', channel_id: 1, channel_kind: 'telegram', channel_name: '', person_id: 1, agent_id: null, author_name: 'Анна', subject: '', text: 'x',
  has_quoted: false, has_html: false, has_original: false, at: '2026-11-20T10:00:00Z', created_at: '', withdrawn: false, meta: {}, attachments: [], dispatches: [], join: null, ...over,
})

test('two messages in a row stand under one name, a third after a pause says it again', () => {
  const rows = rowsOf([entry({ id: 1 }), entry({ id: 2, at: '2026-11-20T10:03:00Z' }), entry({ id: 3, at: '2026-11-20T11:03:00Z' })])
  expect(rows.map((r) => r.grouped)).toEqual([false, true, false])
})
test('a change of channel is said once, and events or notes between do not hide it', () => {
  const rows = rowsOf([
    entry({ id: 1, channel_kind: 'email' }), entry({ id: 2, kind: 'note', direction: 'internal', channel_kind: '' }),
    entry({ id: 3, kind: 'event', direction: 'internal', channel_kind: '' }), entry({ id: 4, channel_kind: 'telegram' }), entry({ id: 5, channel_kind: 'telegram' }),
  ])
  expect(rows.map((r) => r.movedFrom)).toEqual([null, null, null, 'email', null])
})
test('a new day is announced before its first entry', () => {
  expect(rowsOf([entry({ at: '2026-11-20T23:59:00Z' }), entry({ at: '2026-11-21T00:01:00Z' })]).map((r) => r.newDay)).toEqual([true, true])
})
test('what has addresses is drawn as a letter, a chat message is not', () => {
  expect(isLetter(entry({ meta: { to: ['a@b.example'] } }))).toBe(true)
  expect(isLetter(entry({}))).toBe(false)
})
test('the journey names every channel once and marks the one in use', () => {
  expect(journeyOf(['email', 'phone', 'email', 'telegram'], 'telegram')).toEqual([{ kind: 'email', now: false }, { kind: 'phone', now: false }, { kind: 'telegram', now: true }])
})
test('a refreshed window keeps earlier entries and drops what was moved away', () => {
  const at = (id: number) => entry({ id, at: `2026-11-20T10:0${id}:00Z` })
  const known = [at(1), at(2), at(3), at(4)]
  expect(withWindow(known, [at(3), at(5)]).map((e) => e.id)).toEqual([1, 2, 3, 5])
  expect(withWindow(known, [])).toEqual([])
})
test('an entry within the same second as the first of the window stands once', () => {
  const mail = entry({ id: 1, at: '2026-11-20T10:00:54Z' }), answer = entry({ id: 2, at: '2026-11-20T10:00:54.620433Z' })
  expect(withWindow([mail, answer], [mail, answer]).map((e) => e.id)).toEqual([1, 2])
  expect(withWindow([mail, answer], [answer]).map((e) => e.id)).toEqual([1, 2])
})
test('addresses are read with or without a name beside them', () => {
  expect(bare({ name: 'Анна', value: 'a@b.example' })).toBe('a@b.example')
  expect(written([{ name: 'Анна', value: 'a@b.example' }, 'c@d.example', { value: 'e@f.example' }])).toBe('Анна <a@b.example>, c@d.example, e@f.example')
})
test('web addresses can be opened, the sentence around them stays text', () => {
  expect(linked('Смотрите https://wiki.example/a?b=1. Там (https://x.example/y) всё')).toEqual([
    { text: 'Смотрите ' }, { text: 'https://wiki.example/a?b=1', href: 'https://wiki.example/a?b=1' }, { text: '. Там (' },
    { text: 'https://x.example/y', href: 'https://x.example/y' }, { text: ') всё' },
  ])
  expect(linked('javascript:alert(1) file:///etc/passwd')).toEqual([{ text: 'javascript:alert(1) file:///etc/passwd' }])
})
