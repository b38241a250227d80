import { computed, ref, watch, type Ref } from 'vue'
import { post } from '@/api/http'
import { uuid } from '@/lib/uuid'
import { useDraft } from '@/lib/drafts'
import { useUploads } from '@/uploads/use-uploads'
import { useProblem } from '@/ui/use-problem'
import { defaultVia, useVias, viaKey } from './use-vias'
import type { Entry, Status } from '@/api/types'

export type ComposeKind = 'reply' | 'note'

/** What stands in the composer of one ticket: a draft for the answer and one for the note, files, the way out. */
export function useComposer(number: Ref<string>, kind: Ref<ComposeKind>) {
  const draftAt = computed(() => `${kind.value}:${number.value}`)
  const text = useDraft(draftAt)
  const uploads = useUploads()
  const { vias, known } = useVias(number)
  const { attempt } = useProblem()
  const chosen = ref<string | null>(null), sending = ref(false)
  const via = computed(() => vias.value.find((v) => v.ok && viaKey(v) === chosen.value) ?? defaultVia(vias.value))
  watch(number, () => { chosen.value = null; uploads.clear() })

  // The same text is the same message however often "send" is pressed; changed text is another one.
  let clientKey = uuid()
  watch([text, chosen, uploads.ids], () => { clientKey = uuid() })

  const limit = computed(() => (kind.value === 'reply' ? via.value?.max_text ?? 0 : 0))
  const over = computed(() => (limit.value ? Math.max(0, text.value.length - limit.value) : 0))
  const fileLimit = computed(() => (kind.value === 'reply' ? via.value?.max_file ?? 0 : 0))
  const blocked = computed(() => {
    if (uploads.busy.value) return 'uploading'
    if (kind.value === 'reply' && known.value && !via.value) return 'noWay'
    if (over.value) return 'tooLong'
    if (fileLimit.value && uploads.files.value.some((f) => f.size > fileLimit.value)) return 'fileTooLarge'
    return null
  })
  const ready = computed(() => !sending.value && !empty.value && !blocked.value && (kind.value === 'note' || via.value !== undefined))
  const empty = computed(() => !text.value.trim() && !uploads.ids.value.length)

  function bodyOf(statusAfter?: Status) {
    const files = { text: text.value.trim(), uploads: uploads.ids.value.length ? uploads.ids.value : undefined }
    if (kind.value === 'note') return files
    const { channel_id, to } = via.value!
    return { ...files, via: { channel_id, to }, status_after: statusAfter, client_key: clientKey }
  }
  /** Sends what is written. The draft goes only when the server has taken it. */
  async function send(statusAfter?: Status): Promise<Entry | undefined> {
    if (!ready.value) return undefined
    sending.value = true
    const place = draftAt.value, path = `/tickets/${number.value}/${kind.value === 'reply' ? 'replies' : 'notes'}`
    const entry = await attempt(() => post<Entry>(path, bodyOf(statusAfter)))
    sending.value = false
    if (entry && place === draftAt.value) { text.value = ''; uploads.clear() }
    return entry
  }
  return { text, uploads, vias, via, chosen, limit, over, fileLimit, blocked, empty, ready, sending, send }
}
