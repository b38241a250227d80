import { useI18n } from 'vue-i18n'
import { Problem, ownWords } from '@/api/problem'
import { say } from './toasts'

/** Problems in the reader's language: the server's own words when it had any, else ours with what to do next. */
export function useProblem() {
  const { t, locale } = useI18n()
  function words(error: unknown): string {
    if (!(error instanceof Problem)) throw error
    if (error.said) return locale.value === 'ru' ? error.said.ru : error.said.en
    return t(`problem.${ownWords(error.status)}`, { seconds: error.more.retryAfter ?? 30 })
  }
  /** Runs one thing the user asked for. What goes wrong is said; undefined then. */
  async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      say(words(error), { tone: 'danger' })
      return undefined
    }
  }
  return { words, attempt }
}
