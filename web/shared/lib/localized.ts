import { useI18n } from 'vue-i18n'

/** Picks the reader's half of a pair like name_ru / name_en, falling back to the other one. */
export function usePick() {
  const { locale } = useI18n()
  return (ru: string | null | undefined, en: string | null | undefined): string => (locale.value === 'ru' ? ru || en : en || ru) ?? ''
}
