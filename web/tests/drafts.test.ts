import { beforeEach, expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import { sweepDrafts, useDraft } from '@/lib/drafts'

beforeEach(() => localStorage.clear())

test('what was typed is there after a reload', () => {
  useDraft(ref('reply:U-1')).value = 'Добрый день'
  expect(useDraft(ref('reply:U-1')).value).toBe('Добрый день')
})
test('each ticket and each kind keeps its own text', async () => {
  const place = ref('reply:U-1'), text = useDraft(place)
  text.value = 'ответ'
  place.value = 'note:U-1'
  await nextTick()
  expect(text.value).toBe('')
  text.value = 'заметка'
  place.value = 'reply:U-1'
  expect(text.value).toBe('ответ')
  expect(useDraft(ref('note:U-1')).value).toBe('заметка')
})
test('a sent message leaves nothing behind', () => {
  const text = useDraft(ref('reply:U-2'))
  text.value = 'x'
  text.value = ''
  expect(Object.keys(localStorage)).toEqual([])
})
test('drafts nobody touched for a month are forgotten, younger and foreign keys stay', () => {
  localStorage.setItem('uzel.draft.reply:U-1', JSON.stringify({ text: 'old', at: 0 }))
  localStorage.setItem('uzel.draft.reply:U-2', JSON.stringify({ text: 'new', at: 31 * 86_400_000 }))
  localStorage.setItem('uzel.draft.reply:U-3', 'cut sho')
  localStorage.setItem('uzel.theme', 'dark')
  sweepDrafts(32 * 86_400_000)
  expect(Object.keys(localStorage).toSorted()).toEqual(['uzel.draft.reply:U-2', 'uzel.theme'])
})
