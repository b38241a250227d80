import { nextTick, watch, type Ref } from 'vue'

/** A text area as tall as its text; CSS sets the limits. */
export function useGrow(area: Ref<HTMLTextAreaElement | undefined>, text: Ref<string>): void {
  async function fit() {
    await nextTick()
    const el = area.value
    if (!el) return
    el.style.height = 'auto'
    el.style.height = `${el.scrollHeight}px`
  }
  watch([area, text], fit, { immediate: true })
}
