import { createI18n } from 'vue-i18n'
import { speak } from '@/api/http'

export type Locale = 'ru' | 'en'
interface Words { [key: string]: string | Words }
/** Each face brings its own words beside the common ones; only the language in use is loaded. */
export type Loaders = Record<Locale, () => Promise<{ default: Words }>[]>

const ORDER = { one: 0, two: 1, few: 1, many: 2, zero: 2, other: 2 } as const
/** vue-i18n's default rule is English; Russian messages are written "one | few | many", English "one | other". */
export function pluralForm(locale: Locale, n: number): number {
  const category = new Intl.PluralRules(locale).select(Math.abs(n))
  return locale === 'ru' ? ORDER[category] : category === 'one' ? 0 : 1
}

export const i18n = createI18n({
  legacy: false, locale: 'ru' as string, fallbackLocale: false, messages: {} as Record<string, Words>,
  pluralRules: { ru: (n: number) => pluralForm('ru', n), en: (n: number) => pluralForm('en', n) },
})

let loaders: Loaders | undefined
const common: Record<Locale, () => Promise<{ default: Words }>> = { ru: () => import('./common.ru.json'), en: () => import('./common.en.json') }

export async function setLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale)) {
    const parts = await Promise.all([common[locale](), ...(loaders?.[locale]() ?? [])])
    for (const part of parts) i18n.global.mergeLocaleMessage(locale, part.default)
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  document.title = i18n.global.t('brand')
  speak(locale)
}

/** A choice made by hand beats the profile, the profile beats the browser. */
export const chosenLocale = (): Locale | null => ({ ru: 'ru', en: 'en' } as const)[localStorage.getItem('uzel.locale') ?? ''] ?? null
export const browserLocale = (): Locale => (/^(ru|be|uk|kk)/i.test(navigator.language) ? 'ru' : 'en')
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem('uzel.locale', locale)
  await setLocale(locale)
}
export async function initLocale(faceLoaders: Loaders): Promise<void> {
  loaders = faceLoaders
  await setLocale(chosenLocale() ?? browserLocale())
}
