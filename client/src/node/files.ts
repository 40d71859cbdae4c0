import { readFile, rename, writeFile } from 'node:fs/promises'
import type { SessionStorage } from '../api/session.ts'

/** Keeps a text in a file: whole, or not at all, whenever the program is killed. */
export interface FileText {
  /** Reads the value that was written last; null when there is none. */
  read(): Promise<string | null>
  /** Writes a text; null forgets it. */
  write(text: string | null): Promise<void>
}

/** Makes a text in a file. Writes wait for each other. */
export function textFile(path: string): FileText {
  let writing = Promise.resolve()
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      return text === '' ? null : text
    },
    write(text) {
      const write = async () => {
        await writeFile(`${path}.new`, text ?? '', { mode: 0o600 })
        await rename(`${path}.new`, path)
      }
      writing = writing.then(write, write)
      return writing
    },
  }
}

/** Keeps a session in a file that only its owner reads. */
export function fileSession(path: string): SessionStorage {
  const { read, write } = textFile(path)
  return { load: read, save: write }
}
