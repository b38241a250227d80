import { Archive, CalendarClock, Hourglass, Inbox, Layers, User, UserX, Users } from '@lucide/vue'
import type { Component } from 'vue'
import type { Counts } from '@/api/types'

export const VIEWS = ['mine', 'my-teams', 'unassigned', 'open', 'waiting', 'due', 'all', 'closed'] as const
export type View = (typeof VIEWS)[number]
export const viewIcons: Record<View, Component> = { mine: User, 'my-teams': Users, unassigned: UserX, open: Inbox, waiting: Hourglass, due: CalendarClock, all: Layers, closed: Archive }
export const countOf = (counts: Counts | undefined, view: View): number | undefined => counts?.[view.replace('-', '_') as keyof Counts]
