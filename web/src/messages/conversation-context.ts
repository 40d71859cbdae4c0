import type { Message, Room, RoomPermissions } from 'kabar-client'
import { createContext, use } from 'react'

/** The subject of the composer. */
export type Writing =
  | { readonly kind: 'new' }
  | { readonly kind: 'reply'; readonly to: Message }
  | { readonly kind: 'edit'; readonly message: Message }

interface ConversationValue {
  /** The room with its actions. It is the same object for as long as the room is open. */
  readonly room: Room
  readonly code: string
  readonly can: RoomPermissions
  /** The first number that the viewer may read. */
  readonly historyFrom: number
  /** Shows a message by its number. */
  jump(number: number): void
  write(writing: Writing): void
}

/** The state that the parts of a conversation share. It changes rarely, since every change renders every row. */
export const ConversationContext = createContext<ConversationValue | null>(null)

/** Gives what the parts of a conversation share. */
export function useConversation(): ConversationValue {
  const value = use(ConversationContext)
  if (!value) throw new Error('useConversation needs a conversation around it')
  return value
}
