import type {
  AddReactionMutation,
  AddReactionMutationVariables,
  DeleteMessageMutation,
  DeleteMessageMutationVariables,
  EditMessageMutation,
  EditMessageMutationVariables,
  MarkDeliveredMutation,
  MarkDeliveredMutationVariables,
  MarkReadMutation,
  MarkReadMutationVariables,
  MarkUnreadMutation,
  MarkUnreadMutationVariables,
  PinMessageMutation,
  PinMessageMutationVariables,
  RemoveReactionMutation,
  RemoveReactionMutationVariables,
  SaveMessageMutation,
  SaveMessageMutationVariables,
  SendMessageMutation,
  SendMessageMutationVariables,
  UnpinMessageMutation,
  UnpinMessageMutationVariables,
  UnsaveMessageMutation,
  UnsaveMessageMutationVariables,
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

/** Saves a message for the viewer alone. */
export const saveMessageMutation = define<SaveMessageMutation, SaveMessageMutationVariables>(
  /* GraphQL */ `
  mutation SaveMessage($input: SaveMessageInput!) {
    result: saveMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Takes a message out of those that the viewer has saved. */
export const unsaveMessageMutation = define<UnsaveMessageMutation, UnsaveMessageMutationVariables>(
  /* GraphQL */ `
  mutation UnsaveMessage($input: SaveMessageInput!) {
    result: unsaveMessage(input: $input) { message { ...OwnMessageFields } }
  }`,
  ofMessages,
)

/** Says up to where the viewer has read. */
export const markReadMutation = define<MarkReadMutation, MarkReadMutationVariables>(/* GraphQL */ `
  mutation MarkRead($input: MarkReadInput!) {
    result: markRead(input: $input) { membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom } }
  }`)

/** Says from where on the viewer has not read. */
export const markUnreadMutation = define<MarkUnreadMutation, MarkUnreadMutationVariables>(/* GraphQL */ `
  mutation MarkUnread($input: MarkUnreadInput!) {
    result: markUnread(input: $input) { membership { lastReadNumber unreadCount mentionCount unreadFrom } }
  }`)

/** Says up to where messages have reached the viewer. */
export const markDeliveredMutation = define<MarkDeliveredMutation, MarkDeliveredMutationVariables>(/* GraphQL */ `
  mutation MarkDelivered($input: MarkDeliveredInput!) {
    result: markDelivered(input: $input) { membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom } }
  }`)
