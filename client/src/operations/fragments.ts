// The selections that the store keeps. What is asked in a stream must not depend on the viewer, or the server executes it
// once for each of them: `viewerHasReacted`, `isSaved`, `viewerCan` and `mutedUntil` are asked only in queries.

/** A person as shown beside what they say. */
export const userFields = /* GraphQL */ `
  fragment UserFields on User {
    __typename id username displayName bio isGuest
    avatar { __typename id url thumbnailUrl width height }
  }`

/** A file. */
export const mediaFields = /* GraphQL */ `
  fragment MediaFields on Media { __typename id name kind mimeType bytes width height url thumbnailUrl }`

/** A message as streams tell of it. */
export const messageFields = /* GraphQL */ `
  fragment MessageFields on Message {
    __typename id number kind action body nonce isHidden createdAt editedAt deletedAt expiresAt pinnedAt replyCount
    author { ...UserFields }
    actor { __typename id displayName }
    subject { __typename id displayName }
    replyTo { __typename id number body kind action isHidden deletedAt author { __typename id displayName } }
    mentions { __typename id username displayName }
    mentionedGroup
    attachments { ...MediaFields }
    reactions { emoji count }
  }`

/** A message as queries tell of it. */
export const ownMessageFields = /* GraphQL */ `
  fragment OwnMessageFields on Message {
    ...MessageFields
    isSaved
    reactions { emoji count viewerHasReacted }
  }`

/** A room as streams tell of it. */
export const roomFields = /* GraphQL */ `
  fragment RoomFields on Room {
    __typename id code kind access posting history messageSeconds name description archivedAt createdAt updatedAt slowModeSeconds memberCount messageCount
    owner { __typename id displayName }
    category { __typename id name slug }
    region { __typename id name code }
  }`

/** A member as streams tell of them. */
export const memberFields = /* GraphQL */ `
  fragment MemberFields on Membership {
    __typename role joinedAt lastReadNumber lastDeliveredNumber
    user { ...UserFields }
  }`

/** Fields of a room that depend on the viewer. */
export const viewerInRoomFields = /* GraphQL */ `
  fragment ViewerInRoomFields on Room {
    title
    viewerMembership {
      role joinedAt lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom historyFrom mutedUntil notifications isHidden
      pinnedAt mentionedByReplies
    }
    viewerCan {
      addMembers { isAllowed code retryAfterMs } ban { isAllowed code retryAfterMs }
      deleteOwn { isAllowed code retryAfterMs } deleteRoom { isAllowed code retryAfterMs }
      editOwn { isAllowed code retryAfterMs } invite { isAllowed code retryAfterMs }
      leave { isAllowed code retryAfterMs } listMembers { isAllowed code retryAfterMs }
      manageInvites { isAllowed code retryAfterMs } manageRoles { isAllowed code retryAfterMs }
      manageRoom { isAllowed code retryAfterMs } markRead { isAllowed code retryAfterMs }
      moderateMessages { isAllowed code retryAfterMs } mute { isAllowed code retryAfterMs }
      pin { isAllowed code retryAfterMs } react { isAllowed code retryAfterMs }
      read { isAllowed code retryAfterMs } removeMembers { isAllowed code retryAfterMs }
      report { isAllowed code retryAfterMs } send { isAllowed code retryAfterMs }
      setNotifications { isAllowed code retryAfterMs } type { isAllowed code retryAfterMs }
      seeVisits { isAllowed code retryAfterMs } hide { isAllowed code retryAfterMs }
      mentionEveryone { isAllowed code retryAfterMs }
    }
  }`

/** A friendship, or the request for one. */
export const friendshipFields = /* GraphQL */ `
  fragment FriendshipFields on Friendship {
    status requestedAt acceptedAt requester { ...UserFields } addressee { ...UserFields }
  }`

/** An invitation into a room. */
export const invitationFields = /* GraphQL */ `
  fragment InvitationFields on RoomInvitation {
    id invitedAt room { __typename id name memberCount } invitedBy { ...UserFields }
  }`
