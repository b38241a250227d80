import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { browserLocale, i18n, initLocale, pluralForm, setLocale } from '@/i18n'

type Words = { [key: string]: string | Words }
const words = (file: string) => JSON.parse(readFileSync(`shared/i18n/${file}.json`, 'utf8')) as Words
const flat = (o: Words, at = ''): [string, string][] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'string' ? [[at + k, v] as [string, string]] : flat(v, `${at}${k}.`)))
const holes = (s: string) => [...new Set(s.match(/\{\w+\}/g))].toSorted().join()

describe.each(['common', 'desk', 'portal'])('%s', (part) => {
  const ru = new Map(flat(words(`${part}.ru`))), en = new Map(flat(words(`${part}.en`)))
  test('says the same things in both languages', () => { expect([...en.keys()].toSorted()).toEqual([...ru.keys()].toSorted()) })
  test('has the same placeholders in both languages', () => {
    for (const [key, text] of ru) expect(`${key} ${holes(en.get(key)!)}`).toBe(`${key} ${holes(text)}`)
  })
  test('gives Russian three plural forms where English has two', () => {
    for (const [key, text] of ru) if (text.includes(' | ')) expect([key, text.split(' | ').length, en.get(key)!.split(' | ').length]).toEqual([key, 3, 2])
  })
})
test.each([[1, 0], [2, 1], [5, 2], [11, 2], [21, 0], [104, 1], [0, 2]])('Russian counts %i in form %i', (n, form) => { expect(pluralForm('ru', n)).toBe(form) })
test.each([[1, 0], [0, 1], [2, 1], [21, 1]])('English counts %i in form %i', (n, form) => { expect(pluralForm('en', n)).toBe(form) })

describe('loaded words', () => {
  beforeAll(() => initLocale({ ru: () => [import('@/i18n/desk.ru.json')], en: () => [import('@/i18n/desk.en.json')] }))
  test('common words and those of the face live under one roof', async () => {
    await setLocale('ru')
    expect(i18n.global.t('ticket.nobody')).toBe('без ответственного') // common
    expect(i18n.global.t('ticket.take')).toBe('Взять') // desk
    expect(i18n.global.t('split.chosen', { n: 22 }, 22)).toBe('Отмечено 22 записи')
  })
  test('the browser decides where nobody has chosen', () => {
    expect(browserLocale()).toBe(/^(ru|be|uk|kk)/i.test(navigator.language) ? 'ru' : 'en')
  })
})

test('every word that a page asks for is there', () => {
  const sources = Object.entries(import.meta.glob<string>(['../apps/**/*.{ts,vue}', '../shared/**/*.{ts,vue}'], { query: '?raw', import: 'default', eager: true }))
  expect(sources.length).toBeGreaterThan(50)
  const known = { desk: new Set(['common.ru', 'desk.ru'].flatMap((f) => flat(words(f)).map(([k]) => k))), portal: new Set(['common.ru', 'portal.ru'].flatMap((f) => flat(words(f)).map(([k]) => k))) }
  const missing: string[] = []
  for (const [file, text] of sources) {
    for (const [, key] of text.matchAll(/\bt\('([a-zA-Z][\w-]*(?:\.[\w-]+)+)'/g)) {
      const faces = file.startsWith('../apps/portal') ? [known.portal] : file.startsWith('../apps/desk') ? [known.desk] : [known.desk, known.portal]
      // Shared parts may be used by one face only: one of them must know the word.
      if (!faces.some((k) => k.has(key!))) missing.push(`${file}: ${key}`)
    }
  }
  expect(missing).toEqual([])
})
