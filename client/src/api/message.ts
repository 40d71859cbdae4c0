import type { KabarError } from '../errors.ts'
import type { StoredMessage, User } from './entities.ts'

/** A message as a page shows it: stored, or on its way. */
export interface Message {
  /** Stays the same while the message is sent and after. Good as the key of a list. */
  readonly key: string
  /** Null until it is stored. */
  readonly id: string | null
  /** Its number in the room, from 1; null until it is stored. */
  readonly number: number | null
  /** `sending` also while an edit of it is on its way, `failed` also when that was refused. */
  readonly state: 'stored' | 'sending' | 'failed'
  /** Why it failed; null otherwise. */
  readonly error: KabarError | null
  readonly kind: StoredMessage['kind']
  readonly action: StoredMessage['action']
  readonly body: string
  readonly nonce: string | null
  /** Null for a message of kind SYSTEM. */
  readonly author: User | null
  /** In a message of kind SYSTEM: who did what it reports. */
  readonly actor: StoredMessage['actor']
  readonly subject: StoredMessage['subject']
  readonly replyTo: StoredMessage['replyTo']
  readonly replyCount: number
  readonly mentions: StoredMessage['mentions']
  /** The group that it mentions; null for none. */
  readonly mentionedGroup: StoredMessage['mentionedGroup']
  readonly attachments: readonly Attachment[]
  readonly reactions: StoredMessage['reactions']
  readonly isHidden: boolean
  /** True when the viewer has saved it. */
  readonly isSaved: boolean
  /** True if the viewer wrote it. */
  readonly isOwn: boolean
  readonly createdAt: string
  readonly editedAt: string | null
  readonly deletedAt: string | null
  /** When it ends by itself, as if deleted; null when it does not. */
  readonly expiresAt: string | null
  readonly pinnedAt: string | null
  /** How far an own message has come to all members that are held; null for those of others. */
  readonly delivery: 'SENT' | 'DELIVERED' | 'READ' | null
  /** Tries again what failed. */
  retry(): void
  /** Gives up what failed or has not been sent yet. */
  discard(): void
}

/** A file of a message: stored, or being uploaded. */
export interface Attachment {
  readonly id: string | null
  readonly name: string
  readonly kind: StoredMessage['attachments'][number]['kind']
  readonly mimeType: string
  readonly bytes: number
  readonly width: number | null
  readonly height: number | null
  /** Null until it is uploaded. It is absolute. */
  readonly url: string | null
  readonly thumbnailUrl: string | null
  /** From 0 to 1. */
  readonly progress: number
}

/** A message to send. */
export interface Draft {
  readonly body: string
  /** The id of the message that it answers. */
  readonly replyToId?: string | null | undefined
  /** Files to upload and attach, at most 10. */
  readonly files?: readonly Blob[] | undefined
  /** Ids of media that are uploaded already. */
  readonly attachmentIds?: readonly string[] | undefined
  /** Names the message for ever: the same sent again is stored once. Made at random when not given. */
  readonly nonce?: string | undefined
}
