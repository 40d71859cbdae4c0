// Lists the parts of an archive: one statement for each kind of rows that a data export contains, beside the profile and the
// files, which service.ts adds. archive-writer.ts writes them.

import { Prisma } from '../../generated/prisma/client.ts'

/** A page of a user's rows: those after the keys of the last row, at most `take`. */
export interface PartQuery {
  readonly userId: string
  readonly after: readonly string[] | null
  readonly take: number
}

/** A row of a part, with its sort keys. */
export type PartRow = Record<string, unknown> & { readonly keys: readonly string[] }

const after = (keys: Prisma.Sql, keyset: Prisma.Sql | null) =>
  keyset ? Prisma.sql`and ${keys} > ${keyset}` : Prisma.empty
const afterId = (key: Prisma.Sql, keyset: readonly string[] | null) =>
  after(key, keyset && Prisma.sql`${keyset[0]}::uuid`)

/** The parts of an archive that can be long, each read page by page. The names of id columns tell the type of the id. */
export const archiveParts: Readonly<Record<string, (query: PartQuery) => Prisma.Sql>> = {
  sessions: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportSessions: sessions_user_id_idx
    select array[id::text] as keys, id as "sessionId", user_agent as "userAgent", created_at as "createdAt",
      last_used_at as "lastUsedAt", expires_at as "expiresAt", revoked_at as "endedAt"
    from sessions
    where user_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  friends: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportFriends: friendships_pkey and friendships_high_id_idx, as many rows as the user has friends and requests
    select array[users.id::text] as keys, users.id as "userId", users.username, users.display_name as "displayName",
      status, requester_id as "requestedByUserId", requested_at as "requestedAt", accepted_at as "acceptedAt"
    from friendships
    join users on users.id = case low_id when ${userId}::uuid then high_id else low_id end
    where (low_id = ${userId}::uuid or high_id = ${userId}::uuid) ${afterId(Prisma.sql`users.id`, keyset)}
    order by users.id
    limit ${take}`,
  blocked: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportBlocked: blocks_pkey, take rows
    select array[users.id::text] as keys, users.id as "userId", users.username, users.display_name as "displayName",
      blocks.created_at as "blockedAt"
    from blocks
    join users on users.id = blocked_id
    where blocker_id = ${userId}::uuid ${afterId(Prisma.sql`blocked_id`, keyset)}
    order by blocked_id
    limit ${take}`,
  rooms: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportRooms: members_user_id_idx, as many rows as the user has rooms
    select array[rooms.id::text] as keys, rooms.id as "roomId", rooms.kind, rooms.name, members.role,
      members.joined_at as "joinedAt", members.notifications,
      members.mentioned_by_replies as "mentionedByReplies", members.last_read_number as "lastReadNumber",
      members.unread_from as "unreadFrom", members.pinned_at as "pinnedAt",
      case ${userId}::uuid when direct_low_id then direct_high_id when direct_high_id then direct_low_id end as "otherUserId"
    from members
    join rooms on rooms.id = members.room_id
    where members.user_id = ${userId}::uuid and rooms.deleted_at is null ${afterId(Prisma.sql`members.room_id`, keyset)}
    order by members.room_id
    limit ${take}`,
  messages: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportMessages: messages_author_id_created_at_idx, take rows, with message_edits_message_id_idx
    select array[to_json(page.created_at)#>>'{}', page.id::text] as keys, page.id as "messageId",
      page.room_id as "roomId", page.number, page.body, page.created_at as "createdAt", page.edited_at as "editedAt",
      page.reply_to_id as "replyToMessageId",
      array(
        select body
        from message_edits
        where message_edits.message_id = page.id
        order by replaced_at, id
      ) as "earlierBodies"
    from (
      select *
      from messages
      where author_id = ${userId}::uuid and kind = 'TEXT' and deleted_at is null
        ${after(Prisma.sql`(created_at, id)`, keyset && Prisma.sql`(${keyset[0]}::timestamptz, ${keyset[1]}::uuid)`)}
      order by created_at, id
      limit ${take}
    ) as page
    order by page.created_at, page.id`,
  reactions: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportReactions: reactions_user_id_message_id_emoji_idx, take rows
    select array[message_id::text, emoji] as keys, message_id as "messageId", emoji, created_at as "reactedAt"
    from reactions
    where user_id = ${userId}::uuid
      ${after(Prisma.sql`(message_id, emoji)`, keyset && Prisma.sql`(${keyset[0]}::uuid, ${keyset[1]}::text)`)}
    order by message_id, emoji
    limit ${take}`,
  mentions: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportMentions: mentions_user_id_room_id_number_idx, take rows
    select array[room_id::text, number::text] as keys, message_id as "messageId", room_id as "roomId", number
    from mentions
    where user_id = ${userId}::uuid and not taken_back
      ${after(Prisma.sql`(room_id, number)`, keyset && Prisma.sql`(${keyset[0]}::uuid, ${keyset[1]}::integer)`)}
    order by room_id, number
    limit ${take}`,
  savedMessages: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportSavedMessages: saved_messages_pkey, take rows
    select array[message_id::text] as keys, message_id as "messageId", saved_at as "savedAt"
    from saved_messages
    where user_id = ${userId}::uuid ${afterId(Prisma.sql`message_id`, keyset)}
    order by message_id
    limit ${take}`,
  reports: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportReports: reports_reporter_id_idx, as many rows as the user has reported messages
    select array[id::text] as keys, message_id as "messageId", room_id as "roomId", reason, created_at as "reportedAt",
      resolved_at as "resolvedAt"
    from reports
    where reporter_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  invites: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportInvites: invites_created_by_id_idx, as many rows as the user has made invites
    select array[id::text] as keys, room_id as "roomId", code, created_at as "createdAt", expires_at as "expiresAt",
      uses_max as "usesMax", uses, revoked_at as "revokedAt"
    from invites
    where created_by_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  invitations: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportInvitations: room_invitations_user_id_id_idx, take rows
    select array[id::text] as keys, room_id as "roomId", invited_by_id as "invitedByUserId", created_at as "invitedAt",
      ended_at as "endedAt"
    from room_invitations
    where user_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  securityEvents: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportSecurityEvents: audit_events_user_id_id_idx, take rows. Others who acted are left out, and their addresses
    select array[id::text] as keys, at, kind, room_id as "roomId", detail, times,
      case when kind <> 'COMMAND_RUN' and (actor_id = user_id or actor_id is null) then address end as address
    from audit_events
    where user_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  visits: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportVisits: room_visits_user_id_idx, as many rows as the user has visits
    select array[id::text] as keys, room_id as "roomId", entered_at as "enteredAt", left_at as "leftAt"
    from room_visits
    where user_id = ${userId}::uuid ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
  media: ({ userId, after: keyset, take }) => Prisma.sql`
    -- exportMedia: media_owner_id_idx, as many rows as the user has uploaded
    select array[id::text] as keys, id as "mediaId", message_id as "messageId", name, mime_type as "mimeType", bytes,
      created_at as "createdAt"
    from media
    where owner_id = ${userId}::uuid and uploaded_at is not null ${afterId(Prisma.sql`id`, keyset)}
    order by id
    limit ${take}`,
}
