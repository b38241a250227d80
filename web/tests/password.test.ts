import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/vue'
import { createPinia, setActivePinia } from 'pinia'
import PasswordDialog from '@/session/PasswordDialog.vue'
import { i18n, initLocale } from '@/i18n'
import { useSession } from '@/session/store'
import type { Me } from '@/api/types'

const fetched = vi.fn<typeof fetch>()
vi.stubGlobal('fetch', fetched)
beforeAll(() => initLocale({ ru: () => [], en: () => [] }))
beforeEach(() => { fetched.mockReset() })
afterEach(cleanup)

function show(hasPassword: boolean) {
  const pinia = createPinia()
  setActivePinia(pinia)
  useSession().me = { person_id: 1, name: 'Мария', has_password: hasPassword } as Me
  return render(PasswordDialog, { props: { open: true }, global: { plugins: [pinia, i18n] } })
}
const type = async (field: string, text: string) => fireEvent.update(await screen.findByTestId(field), text)

test('a refused current password is said in the dialog, and what was typed stays', async () => {
  fetched.mockResolvedValue(Response.json({ code: 'forbidden', detail: 'wrong', detail_ru: 'неверен' }, { status: 403 }))
  show(true)
  await type('password-current', 'not this one')
  await type('password-new', 'another good password')
  await fireEvent.submit(screen.getByTestId('password-new').closest('form')!)
  await waitFor(() => expect(screen.getByTestId('password-error').textContent).toMatch(/wrong|неверен/))
  expect((screen.getByTestId('password-new') as HTMLInputElement).value).toBe('another good password')
})

test('whoever has none is asked for the new one only, and has one afterwards', async () => {
  fetched.mockResolvedValue(new Response(null, { status: 204 }))
  const { emitted } = show(false)
  await type('password-new', 'a first good password')
  expect(screen.queryByTestId('password-current')).toBeNull()
  await fireEvent.submit(screen.getByTestId('password-new').closest('form')!)
  await waitFor(() => expect(emitted('update:open')).toEqual([[false]]))
  expect(JSON.parse(fetched.mock.calls[0]![1]!.body as string)).toEqual({ current: '', new: 'a first good password' })
  expect(useSession().me!.has_password).toBe(true)
})
