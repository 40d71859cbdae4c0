// Connects the parts of media storage for one server.

import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Db } from '../database/client.ts'
import { makeDataFolder, makePrivateFolder } from '../database/private-files.ts'
import { newUuid } from '../database/uuid.ts'
import { createImagePool, type Images } from './images/pool.ts'
import { openMediaKeys } from './keys.ts'
import { createLinks, type MediaLinks } from './links.ts'
import { createDiskStorage } from './storage/disk.ts'
import { createS3Storage } from './storage/s3.ts'
import type { MediaStorage } from './storage/storage.ts'

/** The files of one server: their storage, URLs and image processing. */
export interface MediaFiles extends MediaLinks {
  readonly storage: MediaStorage
  readonly images: Images
  /** The folder of unfinished uploads, on the disk of the storage. */
  readonly incomingDirectory: string
  /** Returns an unused path in that folder. */
  newPath(): string
  close(): void
}

/**
 * Opens the files of one server. All servers of a database share the signing keys.
 *
 * @param now the clock by which URLs expire, in ms since 1970: PostgreSQL's.
 */
export async function openMediaFiles(
  { dataDirectory, media }: Pick<Config, 'dataDirectory' | 'media'>,
  db: Db,
  now = Date.now,
): Promise<MediaFiles> {
  const directory = join(dataDirectory, 'media')
  const incomingDirectory = join(directory, 'incoming')
  await makeDataFolder(dataDirectory)
  for (const folder of [directory, incomingDirectory]) await makePrivateFolder(folder)
  const storage = createMediaStorage({ dataDirectory, media })
  const keys = await openMediaKeys(db, now)
  const links = createLinks({ publicUrl: media.publicUrl, keys, now })
  const images = createImagePool(media)
  return {
    ...links,
    storage,
    images,
    incomingDirectory,
    newPath: () => join(incomingDirectory, newUuid()),
    close() {
      keys.close()
      images.close()
      storage.close()
    },
  }
}

/** Opens the storage of file contents: disk or S3. */
export function createMediaStorage({ dataDirectory, media }: Pick<Config, 'dataDirectory' | 'media'>): MediaStorage {
  return media.s3 ? createS3Storage(media.s3) : createDiskStorage(join(dataDirectory, 'media'))
}
