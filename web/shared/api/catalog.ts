import { toValue, type MaybeRefOrGetter } from 'vue'
import { useQuery } from '@pinia/colada'
import { get } from './http'
import type { Agent, Counts, Page, Service, Team } from './types'

/** What changes seldom and is needed in every select: asked once, kept for five minutes. */
const staleTime = 300_000
const items = <T>(path: string) => async () => (await get<Page<T>>(path)).items

export const useAgents = () => useQuery({ key: ['agents'], query: items<Agent>('/agents'), staleTime })
export const useTeams = (enabled: MaybeRefOrGetter<boolean> = true) => useQuery({ key: ['teams'], query: items<Team>('/teams'), staleTime, enabled: () => toValue(enabled) })
export const useServices = (enabled: MaybeRefOrGetter<boolean> = true) => useQuery({ key: ['services'], query: items<Service>('/services'), staleTime, enabled: () => toValue(enabled) })
export const useCounts = () => useQuery({ key: ['counts'], query: () => get<Counts>('/tickets/counts'), staleTime: 5_000 })
