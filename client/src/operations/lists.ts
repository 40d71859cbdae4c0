import type {
  DeleteMyMessagesMutation,
  DeleteMyMessagesMutationVariables,
  HideRoomMutation,
  HideRoomMutationVariables,
  PinRoomMutation,
  PinRoomMutationVariables,
  SavedMessagesQuery,
  SavedMessagesQueryVariables,
  SearchQuery,
  SearchQueryVariables,
  SetNotificationsMutation,
  SetNotificationsMutationVariables,
  UnpinRoomMutation,
  UnpinRoomMutationVariables,
} from '../generated/operations.ts'
import { define } from './define.ts'
import { mediaFields, messageFields, ownMessageFields, userFields } from './fragments.ts'

const placeFields = /* GraphQL */ `
  fragment PlaceFields on Membership { isHidden pinnedAt notifications mentionedByReplies }`

/** Pins a room to the top of the viewer's list. */
export const pinRoomMutation = define<PinRoomMutation, PinRoomMutationVariables>(
  /* GraphQL */ `mutation PinRoom($input: PinRoomInput!) { result: pinRoom(input: $input) { membership { ...PlaceFields } } }`,
  [placeFields],
)

/** Takes the pin of a room away. */
export const unpinRoomMutation = define<UnpinRoomMutation, UnpinRoomMutationVariables>(
  /* GraphQL */ `mutation UnpinRoom($input: UnpinRoomInput!) { result: unpinRoom(input: $input) { membership { ...PlaceFields } } }`,
  [placeFields],
)

/** Hides a direct room until its next message. */
export const hideRoomMutation = define<HideRoomMutation, HideRoomMutationVariables>(
  /* GraphQL */ `mutation HideRoom($input: HideRoomInput!) { result: hideRoom(input: $input) { membership { ...PlaceFields } } }`,
  [placeFields],
)

/** Chooses which messages of a room the viewer is told of. */
export const setNotificationsMutation = define<SetNotificationsMutation, SetNotificationsMutationVariables>(
  /* GraphQL */ `
  mutation SetNotifications($input: SetNotificationsInput!) {
    result: setNotifications(input: $input) { membership { ...PlaceFields } }
  }`,
  [placeFields],
)

/** Deletes the newest messages of the viewer in a room. */
export const deleteMyMessagesMutation = define<DeleteMyMessagesMutation, DeleteMyMessagesMutationVariables>(
  /* GraphQL */ `
  mutation DeleteMyMessages($input: DeleteMyMessagesInput!) {
    result: deleteMyMessages(input: $input) { count hasMore }
  }`,
)

const foundFields = /* GraphQL */ `
  fragment FoundFields on MessageConnection {
    nodes { ...OwnMessageFields room { __typename id name kind } } pageInfo { hasNextPage endCursor }
  }`
const ofFound = [foundFields, ownMessageFields, messageFields, userFields, mediaFields]

/** Finds messages by their words. */
export const searchQuery = define<SearchQuery, SearchQueryVariables>(
  /* GraphQL */ `
  query Search($query: String!, $roomId: ID, $filter: SearchMessagesFilter, $first: Int!, $after: String) {
    found: searchMessages(query: $query, roomId: $roomId, filter: $filter, first: $first, after: $after) { ...FoundFields }
  }`,
  ofFound,
)

/** Reads the messages that the viewer has saved, those saved last first. */
export const savedMessagesQuery = define<SavedMessagesQuery, SavedMessagesQueryVariables>(
  /* GraphQL */ `
  query SavedMessages($first: Int!, $after: String) {
    viewer { found: savedMessages(first: $first, after: $after) { ...FoundFields } }
  }`,
  ofFound,
)
