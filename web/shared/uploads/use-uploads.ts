import { computed, reactive, ref } from 'vue'
import type { Sending } from './tus'

export interface Uploading { key: number; name: string; size: number; part: number; id: string | null; failed: boolean; file: File }

/** Files of one message on their way to the server. `limit` (bytes, 0: none) is the channel's; a larger file is kept and marked. */
export function useUploads() {
  const files = ref<Uploading[]>([])
  const running = new Map<number, Sending>()
  let last = 0

  async function start(item: Uploading): Promise<void> {
    item.failed = false
    try {
      const { send } = await import('./tus')
      const sending = send(item.file, (part) => { item.part = part })
      running.set(item.key, sending)
      item.id = await sending.done
    } catch {
      item.failed = true // shown on the file with "try again"; the upload goes on from where it stopped
    } finally {
      running.delete(item.key)
    }
  }
  function add(list: Iterable<File>): void {
    for (const file of list) {
      const item = reactive<Uploading>({ key: ++last, name: file.name || 'file', size: file.size, part: 0, id: null, failed: false, file })
      files.value.push(item)
      void start(item)
    }
  }
  function drop(key: number): void {
    running.get(key)?.stop()
    files.value = files.value.filter((f) => f.key !== key)
  }
  const busy = computed(() => files.value.some((f) => !f.id))
  const ids = computed(() => files.value.flatMap((f) => (f.id ? [f.id] : [])))
  return { files, add, drop, retry: start, clear: () => { files.value = [] }, busy, ids }
}
