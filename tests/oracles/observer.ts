// Somebody who follows a room and themselves, and keeps what they know up to date by events alone.

import { expect } from 'vitest'
import type { Random } from '../simulation/virtual-time.ts'
import type { Client, Server, Stream } from '../support/client.ts'
import {
  createRoomReplica,
  createViewerReplica,
  type EventData,
  freshView,
  type Outcome,
  type RoomReplica,
  told,
  type ViewerReplica,
} from './replica.ts'
import { nodesOf } from './replica-cache.ts'

type Fields = Record<string, unknown>

const permissions = `viewerCan {
  send { isAllowed code } pin { isAllowed code } addMembers { isAllowed code } leave { isAllowed }
  manageRoom { isAllowed } manageRoles { isAllowed } mute { isAllowed } deleteRoom { isAllowed }
}`

/** The fragments of a room. Those of `isPersonal` depend on who looks, the others can be shared by many viewers. */
const roomFragments = (isPersonal: boolean) => `
  fragment R on Room {
    __typename id name description access archivedAt slowModeSeconds memberCount messageCount updatedAt
    owner { __typename id } ${isPersonal ? permissions : ''}
  }
  fragment M on Message {
    __typename id number kind action body nonce isHidden createdAt editedAt deletedAt pinnedAt replyCount
    room { __typename id } author { __typename id } subject { __typename id } replyTo { __typename id } mentions { __typename id }
    edits { body } attachments { __typename id }
    reactions { emoji count ${isPersonal ? 'viewerHasReacted' : ''} }
  }
  fragment B on Membership {
    __typename role joinedAt ${isPersonal ? 'mutedUntil' : ''} user { __typename id } room { __typename id }
  }`

const roomQuery = (isPersonal: boolean) => `query ($id: ID!, $after: String) {
  room(id: $id) {
    ...R eventCursor
    messages(first: 50, after: $after) { nodes { ...M } pageInfo { hasNextPage endCursor } }
    members(first: 50) { nodes { ...B } }
    pinnedMessages { __typename id }
  }
} ${roomFragments(isPersonal)}`

// what a reply changes of the message that it answers, and what a change of members does to the room, comes with the event
const roomSubscription = (isPersonal: boolean) => `subscription ($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) {
    __typename cursor
    ... on MessageSent { message { ...M room { ...R } replyTo { __typename id replyCount } } }
    ... on MessageEdited { message { ...M } }
    ... on MessageDeleted { message { ...M } }
    ... on MessagePinned { message { ...M } }
    ... on MessageUnpinned { message { ...M } }
    ... on ReactionsChanged { message { ...M } }
    ... on MemberJoined { user { __typename id } membership { ...B room { ...R } } }
    ... on MemberUpdated { user { __typename id } membership { ...B room { ...R } } }
    ... on MemberLeft { user { __typename id } room { ...R } }
    ... on RoomUpdated { room { ...R } }
    ... on RoomDeleted { roomId }
  }
} ${roomFragments(isPersonal)}`

const viewerFragments = `
  fragment U on User { __typename id username displayName bio isGuest avatar { __typename id } }
  fragment F on Friendship { status requestedAt acceptedAt requester { id } addressee { id } }
  fragment I on RoomInvitation { id invitedAt room { id } user { id } invitedBy { id } }
  fragment O on Membership { __typename joinedAt notifications mentionedByReplies isHidden pinnedAt user { __typename id } room { __typename id code kind } }`

const viewerQuery = `{
  viewer {
    eventCursor user { ...U } sessions { id } email emailVerifiedAt phone phoneVerifiedAt hasPassword directMessagePolicy
    showsReceipts showsPresence showsLastSeen
    friends(first: 100) { nodes { id friendship { ...F } } }
    incoming: friendRequests(direction: INCOMING, first: 100) { nodes { ...F } }
    outgoing: friendRequests(direction: OUTGOING, first: 100) { nodes { ...F } }
    blockedUsers(first: 100) { nodes { id } }
    memberships(first: 100) { nodes { ...O } }
    invitations(first: 100) { nodes { ...I } }
  }
} ${viewerFragments}`

const viewerSubscription = `subscription ($after: EventCursor) {
  viewerEvents(after: $after) {
    __typename cursor
    ... on FriendRequestSent { user { id } friendship { ...F } }
    ... on FriendRequestReceived { user { id } friendship { ...F } }
    ... on FriendRequestAccepted { user { id } friendship { ...F } }
    ... on FriendRemoved { user { id } friendship { ...F } }
    ... on BlocksChanged { user { id } isBlocked }
    ... on RoomAdded { membership { ...O } }
    ... on RoomRemoved { roomId }
    ... on RoomInvitationReceived { invitation { ...I } }
    ... on RoomInvitationEnded { invitationId }
    ... on Mentioned { message { id } }
    ... on NotificationsChanged { roomId membership { ...O } }
    ... on ProfileUpdated { user { ...U } email emailVerifiedAt phone phoneVerifiedAt hasPassword directMessagePolicy
    showsReceipts showsPresence showsLastSeen }
    ... on SessionStarted { sessionId }
    ... on SessionEnded { sessionId }
  }
} ${viewerFragments}`

/** Reads a room with all its messages. */
async function readRoom(client: Client, roomId: string, isPersonal: boolean): Promise<Fields> {
  const query = roomQuery(isPersonal)
  const read = async (after: string | null) => (await client.call<{ room: Fields }>(query, { id: roomId, after })).room
  const room = await read(null)
  const nodes = nodesOf(room.messages)
  let page = room.messages as { pageInfo: { hasNextPage: boolean; endCursor: string } }
  while (page.pageInfo.hasNextPage) {
    const { messages } = await read(page.pageInfo.endCursor)
    nodes.push(...nodesOf(messages))
    page = messages as typeof page
  }
  return { ...room, messages: { nodes } }
}

const refusals: ReadonlySet<unknown> = new Set(['FORBIDDEN', 'NOT_FOUND'])

/** The viewer and the room of an observer. */
export interface ObserverOptions {
  readonly name: string
  readonly client: Client
  readonly servers: readonly [Server, Server]
  readonly roomId: string
  readonly random: Random
  /** True if the observer asks for what depends on who looks. */
  readonly isPersonal: boolean
  /** True if the observer follows the room at all, or only themselves. */
  readonly followsRoom: boolean
  /** Called with the type of each event that comes. */
  onEvent(type: string): void
}

/** Somebody who follows. */
export interface Observer {
  readonly name: string
  readonly client: Client
  /** Goes on at the other server, from the cursor of the last event that was taken. */
  reconnect(): Promise<void>
  /** Takes all events there are, and compares what is kept with a fresh snapshot. Nothing may be changed meanwhile. */
  judge(where: string): Promise<void>
  /** Takes a snapshot to apply events to later. */
  takeSnapshot(): Promise<void>
  /** Applies all events since to the snapshots that still can be continued, and compares. Gives how many there were. */
  judgeSnapshots(where: string): Promise<number>
  stop(): void
}

interface Following<Kept> {
  readonly kept: Kept
  readonly stream: Stream<Record<string, EventData>>
  /** How many events have been taken. */
  taken: number
}

interface Snapshot {
  readonly replica: RoomReplica
  /** Blocks and unblocks of the observer that were known then. */
  readonly blocks: number
}

/** Makes an observer. */
export async function createObserver(options: ObserverOptions): Promise<Observer> {
  const { name, client, servers, roomId, random, isPersonal, followsRoom, onEvent } = options
  const who = { id: client.userId, isPersonal }
  const anywhere = () => client.at(random.pick(servers))
  const snapshots: Snapshot[] = []
  let blocks = 0
  let room: Following<RoomReplica> | null = null
  const viewer = followViewer(createViewerReplica(await readViewer()))

  async function readViewer(): Promise<Fields> {
    return (await anywhere().call<{ viewer: Fields }>(viewerQuery)).viewer
  }

  function followViewer(kept: ViewerReplica): Following<ViewerReplica> {
    return { kept, stream: anywhere().follow(viewerSubscription, { after: kept.cursor }), taken: 0 }
  }

  function followRoom(kept: RoomReplica): Following<RoomReplica> {
    const variables = { id: roomId, after: kept.cursor }
    return { kept, stream: anywhere().follow(roomSubscription(isPersonal), variables), taken: 0 }
  }

  async function takeRoomEvent(following: Following<RoomReplica>): Promise<Outcome> {
    const { data, errors } = await following.stream.next()
    // who comes back after being taken out is not told so by an event
    if (refusals.has(errors?.[0]?.extensions.code)) return 'over'
    const event = data?.roomEvents
    if (!event) throw new Error(`no event: ${JSON.stringify(errors)}`)
    following.taken += 1
    onEvent(event.__typename)
    return following.kept.apply(event)
  }

  async function takeViewerEvent(): Promise<void> {
    const { viewerEvents: event } = await viewer.stream.nextData()
    if (!event) throw new Error('an empty answer')
    onEvent(event.__typename)
    viewer.kept.apply(event)
    // what is shown of whom depends on it
    if (event.__typename === 'BlocksChanged') {
      blocks += 1
      leaveRoom()
    }
  }

  function leaveRoom(): void {
    room?.stream.stop()
    room = null
  }

  /** Takes events up to the cursor of a snapshot. */
  async function takeRoomEvents(following: Following<RoomReplica>, until: string): Promise<Outcome> {
    let outcome: Outcome = 'go on'
    while (outcome === 'go on' && following.kept.cursor !== until) outcome = await takeRoomEvent(following)
    return outcome
  }

  function compare({ kept }: Following<RoomReplica>, snapshot: Fields, where: string): void {
    const [expected, found] = told(kept, freshView(snapshot))
    expect(expected, `the room as ${name} keeps it, ${where}`).toEqual(found)
  }

  async function judgeViewer(where: string): Promise<boolean> {
    const snapshot = await readViewer()
    while (viewer.kept.cursor !== snapshot.eventCursor) await takeViewerEvent()
    const kept = viewer.kept.view()
    const fresh = createViewerReplica(snapshot).view()
    expect(kept, `the viewer as ${name} keeps them, ${where}`).toEqual(fresh)
    expect(fresh.friends, `the order of the friends of ${name}`).toEqual(
      nodesOf(snapshot.friends).map((friend) => (friend as Fields).id),
    )
    return fresh.memberships.some((membership) => (membership.room as Fields).id === roomId)
  }

  return {
    name,
    client,
    async reconnect() {
      if (!room) return
      const { stream, kept } = room
      for (let left = random.below(stream.arrived.length - room.taken + 1); left > 0; left--) {
        if ((await takeRoomEvent(room)) !== 'go on') return leaveRoom()
      }
      stream.stop()
      room = followRoom(kept)
    },
    async judge(where) {
      const isMember = await judgeViewer(where)
      if (!followsRoom) return
      if (!isMember) {
        // it is the last event of the stream that says so
        if (room) await takeRoomEvents(room, 'the end')
        return leaveRoom()
      }
      const snapshot = await readRoom(anywhere(), roomId, isPersonal)
      if (room && (await takeRoomEvents(room, String(snapshot.eventCursor))) !== 'go on') leaveRoom()
      if (room) compare(room, snapshot, where)
      else room = followRoom(createRoomReplica(snapshot, who))
    },
    async takeSnapshot() {
      if (!room) return
      const older = snapshots.at(-1)?.replica.cursor
      const snapshot = await readRoom(anywhere(), roomId, isPersonal).catch(() => null)
      // no member any more
      if (!snapshot) return
      // from an older cursor events come that the snapshot has already
      const eventCursor = (random.chance(0.5) && older) || snapshot.eventCursor
      snapshots.push({ replica: createRoomReplica({ ...snapshot, eventCursor }, who), blocks })
    },
    async judgeSnapshots(where) {
      let judged = 0
      for (const { replica, blocks: blocksThen } of snapshots) {
        if (!room || blocksThen !== blocks) continue
        const snapshot = await readRoom(anywhere(), roomId, isPersonal)
        const following = followRoom(replica)
        const outcome = await takeRoomEvents(following, String(snapshot.eventCursor))
        following.stream.stop()
        if (outcome !== 'go on') continue
        compare(following, snapshot, `${where}, from a snapshot in the middle`)
        judged += 1
      }
      return judged
    },
    stop() {
      leaveRoom()
      viewer.stream.stop()
    },
  }
}
