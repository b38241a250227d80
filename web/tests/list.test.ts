// @vitest-environment node
import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useTicketList, type Filter } from '@/ticket-list/use-ticket-list'

const TOTAL = 1000
const asked: string[] = []
let order: number[]
const realFetch = globalThis.fetch

/** A list of a thousand tickets by keyset: the cursor is the last number that was given. */
beforeEach(() => {
  asked.length = 0
  order = Array.from({ length: TOTAL }, (_, i) => i)
  globalThis.fetch = (url) => {
    const query = new URL(String(url), 'http://x').searchParams
    const cursor = query.get('cursor')
    asked.push(`${query.get('view')} ${cursor ?? 'top'}`)
    const from = cursor ? order.indexOf(Number(cursor)) + 1 : 0
    const items = order.slice(from, from + 50).map((id) => ({ id, number: `U-${id}`, unread: true }))
    return Promise.resolve(Response.json({ items, next: from + 50 < order.length ? String(items.at(-1)!.id) : null }))
  }
})
const scope = effectScope()
afterEach(() => { globalThis.fetch = realFetch })

function open() {
  const filter = ref<Filter>({ view: 'open', q: '' })
  return { filter, list: scope.run(() => useTicketList(filter))! }
}
const loaded = async (list: ReturnType<typeof open>['list'], rows: number) => vi.waitFor(() => expect(list.rows.value).toHaveLength(rows))

test('pages come as the reader scrolls', async () => {
  const { list } = open()
  await loaded(list, 50)
  list.shown(30, 49)
  await loaded(list, 100)
  expect(asked).toEqual(['open top', 'open 49'])
})
test('near the top a refresh reads down to what is shown, and a ticket that moved up is seen once', async () => {
  const { list } = open()
  await loaded(list, 50)
  list.shown(40, 49)
  await loaded(list, 100)
  list.shown(45, 60)
  order = [70, ...order.filter((id) => id !== 70)]
  asked.length = 0
  await list.refresh()
  expect(asked).toEqual(['open top', 'open 48'])
  expect(list.rows.value.filter((r) => r.id === 70).map((r) => list.rows.value.indexOf(r))).toEqual([0])
})
test('far below only the pages on screen are asked for again, and the top when the reader returns', async () => {
  const { list } = open()
  await loaded(list, 50)
  for (let rows = 100; rows <= 500; rows += 50) { list.shown(rows - 60, rows - 51); await loaded(list, rows) }
  list.shown(420, 440)
  asked.length = 0
  await list.refresh()
  expect(asked).toEqual(['open 399'])
  list.shown(0, 12)
  await vi.waitFor(() => expect(asked).toEqual(['open 399', 'open top']))
})
test('another view makes an answer that is still on its way void', async () => {
  const { filter, list } = open()
  filter.value = { view: 'mine', q: '' }
  await nextTick()
  await loaded(list, 50)
  expect(asked).toEqual(['open top', 'mine top'])
  list.markRead('U-3')
  expect(list.rows.value.filter((r) => !r.unread).map((r) => r.number)).toEqual(['U-3'])
})
