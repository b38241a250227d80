import { expect, test } from 'vitest'
import { defaultVia } from '@/composer/use-vias'
import { span } from '@/lib/time'
import { bytes } from '@/lib/bytes'
import { uuid } from '@/lib/uuid'
import { lookOf } from '@/channels'
import type { Via } from '@/api/types'

const via = (over: Partial<Via>): Via => ({ channel_id: 1, channel_kind: 'x', channel_name: '', to: 'a', to_shown: 'a', proof: 'proven', rich_text: false, max_text: 0, max_file: 0, ok: true, is_default: false, why_en: null, why_ru: null, ...over })

test('the default way out is used only while it is open', () => {
  expect(defaultVia([via({ channel_id: 1 }), via({ channel_id: 2, is_default: true })])?.channel_id).toBe(2)
  expect(defaultVia([via({ channel_id: 1, ok: false }), via({ channel_id: 2, is_default: true, ok: false }), via({ channel_id: 3 })])?.channel_id).toBe(3)
  expect(defaultVia([via({ ok: false })])).toBeUndefined()
})
test('spans and sizes are said in the reader’s language', () => {
  expect([span('ru', 20_000), span('ru', 7_200_000), span('en', 3 * 86_400_000)]).toEqual(['1 мин', '2 ч', '3 days'])
  expect(bytes('ru', 84_000)).toMatch(/^82\sкБ$/)
  expect(bytes('en', 1_500_000)).toBe('1.4 MB')
  expect(bytes('en', 10)).toBe('1 kB')
})
test('a channel this build has never heard of still has a sign', () => {
  expect(lookOf('pigeon').path).toBeTruthy()
  expect(lookOf('email').ru).toBe('Почта')
})
test('keys are proper version 4 UUIDs, also where the browser makes none by itself', () => {
  const made = Array.from({ length: 200 }, uuid)
  expect(new Set(made).size).toBe(200)
  for (const one of made) expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
