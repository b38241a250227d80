import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { cleanup, render } from '@testing-library/vue'
import { comboOf, useHotkeys } from '@/lib/hotkeys'

afterEach(cleanup)
const press = (target: EventTarget, init: KeyboardEventInit) => target.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }))
const page = (map: Record<string, () => void>) => render(defineComponent({ setup() { useHotkeys(map); return () => h('input') } }))

test('a Russian layout does not change a shortcut', () => {
  expect(comboOf(new KeyboardEvent('keydown', { key: 'о', code: 'KeyJ' }))).toBe('KeyJ')
  expect(comboOf(new KeyboardEvent('keydown', { key: ',', code: 'Slash', shiftKey: true }))).toBe('shift+Slash')
  const next = vi.fn()
  page({ KeyJ: next })
  press(document.body, { key: 'о', code: 'KeyJ' })
  expect(next).toHaveBeenCalledOnce()
})
test('no plain shortcut fires while the user types, one with Ctrl does', () => {
  const plain = vi.fn(), withCtrl = vi.fn()
  const { getByRole } = page({ KeyJ: plain, 'mod+Enter': withCtrl })
  press(getByRole('textbox'), { code: 'KeyJ' })
  press(getByRole('textbox'), { code: 'Enter', ctrlKey: true })
  expect(plain).not.toHaveBeenCalled()
  expect(withCtrl).toHaveBeenCalledOnce()
})
test('an open dialog holds the shortcuts of the page back', () => {
  const next = vi.fn()
  page({ KeyK: next })
  const dialog = Object.assign(document.createElement('div'), { role: 'dialog' })
  dialog.dataset.state = 'open'
  document.body.append(dialog)
  press(document.body, { code: 'KeyK' })
  dialog.remove()
  expect(next).not.toHaveBeenCalled()
})
