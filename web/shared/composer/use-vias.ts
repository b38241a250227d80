import { computed, type Ref } from 'vue'
import { useQuery } from '@pinia/colada'
import { get } from '@/api/http'
import type { Page, Via } from '@/api/types'

/** Ways by which the requester can be answered, with what each allows; said before anything is written. */
export function useVias(number: Ref<string>) {
  const { data, refetch } = useQuery({
    key: () => ['ticket', number.value, 'vias'], query: async () => (await get<Page<Via>>(`/tickets/${number.value}/vias`)).items, staleTime: 30_000,
  })
  return { vias: computed(() => data.value ?? []), known: computed(() => data.value !== undefined), refetch }
}
export const viaKey = (v: Pick<Via, 'channel_id' | 'to'>) => `${v.channel_id}:${v.to}`
export const defaultVia = (vias: readonly Via[]): Via | undefined => vias.find((v) => v.is_default && v.ok) ?? vias.find((v) => v.ok)
