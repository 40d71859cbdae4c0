import { bounds } from '../config.ts'
import type { FriendsQueryVariables } from '../generated/operations.ts'
import { friendsQuery } from '../operations/people.ts'
import { putPeople, type ViewerData } from '../store/viewer-data.ts'
import { toKabarError } from '../transport/answers.ts'
import { createBackoff, isTemporary } from '../transport/retry.ts'
import type { SyncParts } from './parts.ts'

/** Reads friends, requests, blocks and invitations. */
export interface PeopleReader {
  /** Something has changed; `reads` where nothing was read before. */
  dirty(reads?: boolean): void
}

/** Makes the reader of people. It reads again what changed meanwhile. */
export function createPeopleReader(
  { ask }: SyncParts,
  { data, changed }: { data: ViewerData; changed(): void },
): PeopleReader {
  let isReading = false
  let isDirty = false

  async function readAll(): Promise<void> {
    const next: ViewerData = { ...data, people: null }
    let after: Omit<FriendsQueryVariables, 'first'> | null = {}
    while (after) {
      const { viewer }: Awaited<ReturnType<typeof readPage>> = await readPage(after)
      if (!viewer) return
      putPeople(next, viewer)
      after = nextOf(viewer, after)
    }
    data.people = next.people
    data.presence = new Map([...next.presence, ...data.presence])
  }

  const readPage = (after: Omit<FriendsQueryVariables, 'first'>) =>
    ask(friendsQuery, { first: bounds.pageSizeMax, ...after })

  return {
    dirty(reads = false) {
      isDirty = true
      if (isReading || !reads) return
      isReading = true
      void (async () => {
        const backoff = createBackoff()
        while (isDirty) {
          isDirty = false
          await readAll().catch(async (thrown) => {
            if (!isTemporary(toKabarError(thrown, ''))) return
            isDirty = true
            await backoff.wait()
          })
        }
        isReading = false
        changed()
      })()
    },
  }
}

type PeoplePage = Parameters<typeof putPeople>[1]

/** Where the next pages begin; null when all lists have ended. A list that has ended goes on after its end. */
function nextOf(
  { friends, incoming, outgoing, blockedUsers, invitations }: PeoplePage,
  before: Omit<FriendsQueryVariables, 'first'>,
): Omit<FriendsQueryVariables, 'first'> | null {
  const lists = { friends, incoming, outgoing, invitations, blocked: blockedUsers }
  if (!Object.values(lists).some(({ pageInfo }) => pageInfo.hasNextPage)) return null
  const after = Object.entries(lists).map(([name, { pageInfo }]) => [
    name,
    pageInfo.endCursor ?? (Reflect.get(before, name) as string | null | undefined),
  ])
  return Object.fromEntries(after)
}
