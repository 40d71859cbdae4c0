// Makes one change at the server: uploads first, then the mutation. Each step may be repeated.

import type { Media, StoredMessage } from '../api/entities.ts'
import { KabarError } from '../errors.ts'
import {
  addReactionMutation,
  createUploadMutation,
  deleteMessageMutation,
  editMessageMutation,
  markDeliveredMutation,
  markReadMutation,
  pinMessageMutation,
  removeReactionMutation,
  sendMessageMutation,
  unpinMessageMutation,
} from '../operations/change.ts'
import { unreachable } from '../transport/answers.ts'
import type { PutFile } from './put-file.ts'
import type { Change, OutboxFile, OutboxRecord } from './records.ts'

/** Runs a mutation of this package. */
export type Mutate = (query: string, input: unknown) => Promise<Record<string, unknown>>

/** Makes the change of a record. Gives the message as it is then; null where none is concerned. */
export type Perform = (
  record: OutboxRecord,
  /** Keeps what has been done so far. */
  note: (files: readonly OutboxFile[], progress: number) => void,
) => Promise<StoredMessage | null>

const mutations: Record<Change['kind'], string> = {
  send: sendMessageMutation,
  edit: editMessageMutation,
  delete: deleteMessageMutation,
  pin: pinMessageMutation,
  unpin: unpinMessageMutation,
  react: addReactionMutation,
  unreact: removeReactionMutation,
  read: markReadMutation,
  delivered: markDeliveredMutation,
}

/** Makes `perform`. */
export function createPerform({ mutate, putFile }: { mutate: Mutate; putFile: PutFile }): Perform {
  return async (record, note) => {
    const { change, roomId, nonce } = record
    const run = async (input: unknown) => {
      const { result } = await mutate(mutations[change.kind], input)
      return (result as { message?: StoredMessage }).message ?? null
    }
    switch (change.kind) {
      case 'send': {
        const { body, replyToId, attachmentIds, files } = change
        const uploaded = await uploadAll(files, { mutate, putFile, note })
        const ids = [...attachmentIds, ...uploaded]
        return await run({ roomId, body, nonce, replyToId, attachmentIds: ids.length > 0 ? ids : null })
      }
      case 'read':
      case 'delivered':
        return await run({ roomId, number: change.number })
      default: {
        const { kind, ...input } = change
        return await run(input)
      }
    }
  }
}

interface UploadParts {
  readonly mutate: Mutate
  readonly putFile: PutFile
  note(files: readonly OutboxFile[], progress: number): void
}

/** Uploads those files that are not there yet, one after another. Gives the ids of all. */
export async function uploadAll(
  given: readonly OutboxFile[],
  { mutate, putFile, note }: UploadParts,
): Promise<string[]> {
  const files = [...given]
  const total = files.reduce((sum, { file }) => sum + file.size, 0) || 1
  let before = 0
  for (let index = 0; index < files.length; index++) {
    let file = files[index]
    if (!file) continue
    const set = (next: OutboxFile, sent: number) => {
      file = next
      files[index] = next
      note([...files], (before + sent) / total)
    }
    if (!file.isUploaded) {
      if (!file.uploadUrl) set(await announce(file, mutate), 0)
      await put(file, { putFile, set })
    }
    before += file.file.size
  }
  return files.flatMap(({ mediaId }) => (mediaId === null ? [] : [mediaId]))
}

async function put(
  file: OutboxFile,
  { putFile, set }: { putFile: PutFile; set(next: OutboxFile, sent: number): void },
): Promise<void> {
  try {
    await putFile({ url: file.uploadUrl ?? '', file: file.file, progress: (sent) => set(file, sent) })
  } catch (error) {
    // its time is over: it is announced anew at the next attempt
    const isOver = error instanceof KabarError && error.code === 'NOT_FOUND'
    if (!isOver) throw error
    set({ ...file, mediaId: null, uploadUrl: null }, 0)
    throw unreachable(file.name, error)
  }
  set({ ...file, isUploaded: true }, file.file.size)
}

async function announce(file: OutboxFile, mutate: Mutate): Promise<OutboxFile> {
  const input = { name: file.name, mimeType: file.file.type || 'application/octet-stream', bytes: file.file.size }
  const { result } = await mutate(createUploadMutation, input)
  const { media, uploadUrl } = result as { media: Media; uploadUrl: string }
  return { ...file, mediaId: media.id, uploadUrl }
}
