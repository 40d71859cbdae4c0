import type {
  AddReactionMutation,
  AddReactionMutationVariables,
  CreateUploadMutation,
  CreateUploadMutationVariables,
  DeleteMessageMutation,
  DeleteMessageMutationVariables,
  EditMessageMutation,
  EditMessageMutationVariables,
  MarkDeliveredMutation,
  MarkDeliveredMutationVariables,
  MarkReadMutation,
  MarkReadMutationVariables,
  PinMessageMutation,
  PinMessageMutationVariables,
  RemoveReactionMutation,
  RemoveReactionMutationVariables,
  SearchQuery,
  SearchQueryVariables,
  SendMessageMutation,
  SendMessageMutationVariables,
  SetTypingMutation,
  SetTypingMutationVariables,
  UnpinMessageMutation,
  UnpinMessageMutationVariables,
} from '../generated/operations.ts'
import { define } from './define.ts'
import { mediaFields, messageFields, ownMessageFields, userFields } from './fragments.ts'

const ofMessages = [ownMessageFields, messageFields, userFields, mediaFields]

/** Sends a message. */
export const sendMessageMutation = define<SendMessageMutation, SendMessageMutationVariables>(
  /* GraphQL */ `
  mutation SendMessage($input: SendMessageInput!) {
    result: sendMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Edits a message. */
export const editMessageMutation = define<EditMessageMutation, EditMessageMutationVariables>(
  /* GraphQL */ `
  mutation EditMessage($input: EditMessageInput!) {
    result: editMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Deletes a message. */
export const deleteMessageMutation = define<DeleteMessageMutation, DeleteMessageMutationVariables>(
  /* GraphQL */ `
  mutation DeleteMessage($input: DeleteMessageInput!) {
    result: deleteMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Adds a reaction. */
export const addReactionMutation = define<AddReactionMutation, AddReactionMutationVariables>(
  /* GraphQL */ `
  mutation AddReaction($input: ReactionInput!) {
    result: addReaction(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Takes a reaction back. */
export const removeReactionMutation = define<RemoveReactionMutation, RemoveReactionMutationVariables>(
  /* GraphQL */ `
  mutation RemoveReaction($input: ReactionInput!) {
    result: removeReaction(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Pins a message. */
export const pinMessageMutation = define<PinMessageMutation, PinMessageMutationVariables>(
  /* GraphQL */ `
  mutation PinMessage($input: PinMessageInput!) {
    result: pinMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Takes the pin of a message away. */
export const unpinMessageMutation = define<UnpinMessageMutation, UnpinMessageMutationVariables>(
  /* GraphQL */ `
  mutation UnpinMessage($input: PinMessageInput!) {
    result: unpinMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Says up to where the viewer has read. */
export const markReadMutation = define<MarkReadMutation, MarkReadMutationVariables>(/* GraphQL */ `
  mutation MarkRead($input: MarkReadInput!) {
    result: markRead(input: $input) { membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom } }
  }`)

/** Says up to where messages have reached the viewer. */
export const markDeliveredMutation = define<MarkDeliveredMutation, MarkDeliveredMutationVariables>(/* GraphQL */ `
  mutation MarkDelivered($input: MarkDeliveredInput!) {
    result: markDelivered(input: $input) { membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom } }
  }`)

/** Says whether the viewer types. */
export const setTypingMutation = define<SetTypingMutation, SetTypingMutationVariables>(/* GraphQL */ `
  mutation SetTyping($input: SetTypingInput!) { result: setTyping(input: $input) { expiresAt } }`)

/** Announces a file. */
export const createUploadMutation = define<CreateUploadMutation, CreateUploadMutationVariables>(
  /* GraphQL */ `
  mutation CreateUpload($input: CreateUploadInput!) {
    result: createUpload(input: $input) { uploadUrl expiresAt media { ...MediaFields } }
  }`,
  [mediaFields],
)

/** Finds messages by their words. */
export const searchQuery = define<SearchQuery, SearchQueryVariables>(
  /* GraphQL */ `
  query Search($query: String!, $roomId: ID, $filter: SearchMessagesFilter, $first: Int!, $after: String) {
    searchMessages(query: $query, roomId: $roomId, filter: $filter, first: $first, after: $after) {
      nodes { ...OwnMessageFields room { __typename id name kind } } pageInfo { hasNextPage endCursor }
    }
  }`,
  ofMessages,
)
