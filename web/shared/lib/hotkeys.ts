import { onBeforeUnmount, onMounted } from 'vue'

/** Physical keys (event.code), not characters: with a Russian layout the J key types «о». E.g. 'KeyJ', 'mod+Enter', 'shift+Slash'. */
export type Combo = string
export function comboOf(e: KeyboardEvent): Combo {
  return [(e.metaKey || e.ctrlKey) && 'mod', e.shiftKey && 'shift', e.altKey && 'alt', e.code].filter(Boolean).join('+')
}
const typing = (t: EventTarget | null) => t instanceof HTMLElement && (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName))

/** Shortcuts of a page. None fires while the user types or while a dialog is open, but for those with Ctrl or Cmd. */
export function useHotkeys(map: Record<Combo, (e: KeyboardEvent) => void>) {
  const on = (e: KeyboardEvent) => {
    const combo = comboOf(e), run = map[combo]
    if (!run || e.defaultPrevented || e.isComposing) return
    const plain = !combo.startsWith('mod+')
    if (plain && (typing(e.target) || document.querySelector('[role="dialog"][data-state="open"]'))) return
    e.preventDefault()
    run(e)
  }
  onMounted(() => addEventListener('keydown', on))
  onBeforeUnmount(() => removeEventListener('keydown', on))
}
