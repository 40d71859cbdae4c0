// Uploads of the files of a message. Each step may be repeated.

import type { Media } from '../api/entities.ts'
import { KabarError } from '../errors.ts'
import { createUploadMutation } from '../operations/upload.ts'
import { unreachable } from '../transport/answers.ts'
import type { Mutate } from './perform.ts'
import type { PutFile } from './put-file.ts'
import type { OutboxFile } from './records.ts'

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
