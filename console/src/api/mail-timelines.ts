import useSWR from 'swr'
import { api, callText } from './client'
import { ApiError } from './error'
import { readTimeline } from './exact'
import type { TimelineItem } from './types'

/** An event rarely goes to more addresses. The page of each delivery shows its own mail. */
const MAX_MAILS = 10
const REFRESH_MS = 10_000

/** The timelines of these mails by their ids (`msg_…`). A mail that has not been sent yet has an empty timeline. */
export function useMailTimelines(ids: readonly string[]): ReadonlyMap<string, TimelineItem[]> {
  const some = ids.slice(0, MAX_MAILS)
  const { data } = useSWR(
    some.length > 0 ? ['mail timelines', ...some] : null,
    ([, ...ids]: string[]) => Promise.all(ids.map(timeline)).then(all => new Map(all)),
    { refreshInterval: REFRESH_MS, keepPreviousData: true },
  )
  return data ?? new Map()
}

async function timeline(id: string): Promise<[string, TimelineItem[]]> {
  try {
    const init = { params: { path: { id } }, parseAs: 'text' as const }
    return [id, await callText(api.GET('/mail/messages/{id}/timeline', init), readTimeline)]
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [id, []]
    throw error
  }
}
