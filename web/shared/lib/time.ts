import { computed } from 'vue'
import { useNow } from '@vueuse/core'
import { useI18n } from 'vue-i18n'

const MINUTE = 60_000, HOUR = 3_600_000, DAY = 86_400_000
/** English as the browser's own region writes it (24 hours in London, 12 in New York), British where it has none. */
const english = () => (navigator.language.startsWith('en') ? navigator.language : 'en-GB')
const formats = new Map<string, Intl.DateTimeFormat>()
/** Intl formatters are dear to make and used in every row. */
export function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  const found = formats.get(key) ?? new Intl.DateTimeFormat(locale === 'en' ? english() : locale, options)
  formats.set(key, found)
  return found
}

const units = new Map<string, Intl.NumberFormat>()
function amount(locale: string, n: number, unit: 'minute' | 'hour' | 'day'): string {
  const key = locale + unit
  const found = units.get(key) ?? new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' })
  units.set(key, found)
  return found.format(n)
}
/** "5 мин", "2 ч", "3 дн.": the largest whole unit, never less than a minute. */
export function span(locale: string, ms: number): string {
  const size = Math.abs(ms)
  if (size < HOUR) return amount(locale, Math.max(1, Math.round(size / MINUTE)), 'minute')
  if (size < DAY) return amount(locale, Math.floor(size / HOUR), 'hour')
  return amount(locale, Math.floor(size / DAY), 'day')
}
/** A moment as `<input type="datetime-local">` wants it, in the browser's time zone. */
export const localInput = (iso: string) => { const at = new Date(iso); return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16) }
/** "5:12": the length of a call. */
export const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
export const dayKey = (iso: string | number) => format('sv', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(iso))

/** Words for times, in the reader's language and the browser's time zone; `now` moves every half minute. */
export function useTimes() {
  const { locale, t } = useI18n()
  const tick = useNow({ interval: 30_000 })
  const now = computed(() => tick.value.getTime())
  const clock = (iso: string) => format(locale.value, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso))
  const shortDay = (iso: string) => format(locale.value, { day: 'numeric', month: 'short' }).format(new Date(iso))
  const full = (iso: string) => format(locale.value, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso))
  function day(iso: string): string {
    const key = dayKey(iso)
    if (key === dayKey(now.value)) return t('time.today')
    if (key === dayKey(now.value - DAY)) return t('time.yesterday')
    return format(locale.value, { day: 'numeric', month: 'long', year: key.slice(0, 4) === dayKey(now.value).slice(0, 4) ? undefined : 'numeric' }).format(new Date(iso))
  }
  function ago(iso: string): string {
    const gone = now.value - Date.parse(iso)
    if (gone < MINUTE) return t('time.now')
    return gone < 20 * HOUR ? span(locale.value, gone) : shortDay(iso)
  }
  const moment = (iso: string) => (dayKey(iso) === dayKey(now.value) ? clock(iso) : `${shortDay(iso)}, ${clock(iso)}`)
  return { now, clock, day, ago, moment, full, shortDay, left: (iso: string) => Date.parse(iso) - now.value, span: (ms: number) => span(locale.value, ms) }
}

/** "14:42", the wall clock of somebody elsewhere; empty for a zone the browser does not know. */
export function localClock(locale: string, timeZone: string, at: number): string {
  try { return format(locale, { hour: '2-digit', minute: '2-digit', timeZone }).format(at) } catch { return '' }
}
