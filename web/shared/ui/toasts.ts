import { reactive } from 'vue'

export interface Toast { id: number; text: string; tone: 'plain' | 'danger'; action?: { label: string; run: () => void } }
const SHOW_MS = { plain: 5_000, danger: 9_000, action: 12_000 }
export const toasts = reactive<Toast[]>([])
let last = 0

export function hideToast(id: number): void {
  const at = toasts.findIndex((x) => x.id === id)
  if (at >= 0) toasts.splice(at, 1)
}
/** Shows one sentence for some seconds; gives its id. */
export function say(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): number {
  const { tone = 'plain', action } = options
  const id = ++last
  for (const old of toasts.filter((x) => x.text === text)) hideToast(old.id)
  toasts.push({ id, text, tone, action })
  setTimeout(() => hideToast(id), action ? SHOW_MS.action : SHOW_MS[tone])
  return id
}
