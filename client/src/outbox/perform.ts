// Makes one change at the server: uploads first, then the mutation. Each step may be repeated; outbox.ts decides when.

import type { StoredMessage } from '../api/entities.ts'
import { KabarError } from '../errors.ts'
import { loadPart } from '../load-part.ts'
import {
  addReactionMutation,
  deleteMessageMutation,
  editMessageMutation,
  markDeliveredMutation,
  markReadMutation,
  markUnreadMutation,
  pinMessageMutation,
  removeReactionMutation,
  saveMessageMutation,
  sendMessageMutation,
  unpinMessageMutation,
  unsaveMessageMutation,
} from '../operations/change.ts'
import type { PutFile } from './put-file.ts'
import type { Change, OutboxFile, OutboxRecord } from './records.ts'

/** Runs a mutation of this package. */
export type Mutate = (query: string, input: unknown) => Promise<Record<string, unknown>>

/** The outbox, as the one who makes its changes uses it. */
export interface Progress {
  /** Keeps what has been done so far. */
  note(files: readonly OutboxFile[], progress: number): void
  /** Tells whether the change is still to be made: it may have been discarded, or the outbox closed. */
  isWanted(): boolean
}

/** Makes the change of a record. Gives the message as it is then; null where none is concerned. */
export type Perform = (record: OutboxRecord, progress: Progress) => Promise<StoredMessage | null>

const mutations: Record<Change['kind'], string> = {
  send: sendMessageMutation,
  edit: editMessageMutation,
  delete: deleteMessageMutation,
  pin: pinMessageMutation,
  unpin: unpinMessageMutation,
  save: saveMessageMutation,
  unsave: unsaveMessageMutation,
  react: addReactionMutation,
  unreact: removeReactionMutation,
  read: markReadMutation,
  unread: markUnreadMutation,
  delivered: markDeliveredMutation,
}

/** Makes `perform`. */
export function createPerform({ mutate, putFile }: { mutate: Mutate; putFile: PutFile }): Perform {
  return async (record, { note, isWanted }) => {
    const { change, roomId, nonce } = record
    const run = async (input: unknown) => {
      if (!isWanted()) throw new KabarError('CANCELLED', 'The change was given up before it was made.')
      const { result } = await mutate(mutations[change.kind], input)
      return (result as { message?: StoredMessage }).message ?? null
    }
    switch (change.kind) {
      case 'send': {
        const { body, replyToId, attachmentIds, files } = change
        // loaded with the first file
        const uploads = files.length > 0 ? await loadPart(() => import('./uploads.ts')) : null
        const uploaded = (await uploads?.uploadAll(files, { mutate, putFile, note })) ?? []
        const ids = [...attachmentIds, ...uploaded]
        return await run({ roomId, body, nonce, replyToId, attachmentIds: ids.length > 0 ? ids : null })
      }
      case 'read':
      case 'unread':
      case 'delivered':
        return await run({ roomId, number: change.number })
      case 'edit':
        return await run({ messageId: change.messageId, body: change.body })
      case 'react':
      case 'unreact':
        return await run({ messageId: change.messageId, emoji: change.emoji })
      case 'delete':
      case 'pin':
      case 'unpin':
      case 'save':
      case 'unsave':
        return await run({ messageId: change.messageId })
    }
  }
}
