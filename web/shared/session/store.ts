import { computed, ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import { call, onSessionLost, patch, post } from '@/api/http'
import { isProblem } from '@/api/problem'
import { chooseLocale, chosenLocale, setLocale, type Locale } from '@/i18n'
import type { Me } from '@/api/types'

const anonymous = true
const localeOf = (me: Me): Locale => (me.language.startsWith('en') ? 'en' : 'ru')

/** Who reads this page. When the session ends in the middle of work, calls wait here until the same person has signed in again. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  const lost = ref(false)
  let waiting: ((back: boolean) => void)[] = []

  onSessionLost(() => {
    if (!me.value) return Promise.resolve(false)
    lost.value = true
    return new Promise((resolve) => { waiting.push(resolve) })
  })

  async function enter(next: Me): Promise<void> {
    const other = me.value !== null && me.value.person_id !== next.person_id
    if (other) return location.reload() // somebody else sat down: nothing of the first person may stay on the page
    me.value = next
    lost.value = false
    if (!chosenLocale()) await setLocale(localeOf(next))
    for (const resume of waiting) resume(true)
    waiting = []
  }

  /** Who is signed in, if anybody. Throws Problem when the server can't say. */
  async function load(): Promise<boolean> {
    try {
      await enter(await call<Me>('/me', { anonymous }))
      return true
    } catch (error) {
      if (isProblem(error, 401)) return false
      throw error
    }
  }
  const signIn = async (login: string, password: string) => enter(await call<Me>('/session', { method: 'POST', body: { login, password }, anonymous }))
  const sendLink = (email: string) => call<void>('/session/link', { method: 'POST', body: { email }, anonymous })
  const redeem = async (token: string) => enter(await call<Me>('/session/redeem', { method: 'POST', body: { token }, anonymous }))
  async function signOut(): Promise<void> {
    await call<void>('/session', { method: 'DELETE', anonymous })
    location.assign(import.meta.env.BASE_URL)
  }
  /** All other sessions of the person end. Throws Problem. */
  async function changePassword(current: string, chosen: string): Promise<void> {
    await post('/me/password', { current, new: chosen })
    if (me.value) me.value = { ...me.value, has_password: true }
  }
  async function speakIn(locale: Locale): Promise<void> {
    await chooseLocale(locale)
    if (me.value) me.value = await patch<Me>('/me', { language: locale })
  }
  async function standAs(availability: 'online' | 'away'): Promise<void> { me.value = await patch<Me>('/me', { availability }) }
  const isAdministrator = computed(() => me.value?.role === 'administrator')
  const isAgent = computed(() => me.value !== null && me.value.role !== 'requester')
  return { me, lost, isAgent, isAdministrator, load, signIn, sendLink, redeem, signOut, changePassword, speakIn, standAs }
})
