// One throw-away PostgreSQL for the whole run, with a migrated template database that every test file copies.

import { type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/database/migrations/migrate.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server where tests may create databases, and the template that they copy. */
    postgres: { url: string; template: string }
    /** A folder that is removed at the end of the run, and everything in it stopped. */
    scratchDir: string
  }
}

/** Starts PostgreSQL, or uses that of TEST_DATABASE_URL, and makes the template; returns how to undo it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await makeScratch()
  const template = `kabar_template_${randomUUID().replaceAll('-', '')}`
  let server: EmbeddedPostgres | undefined
  const close = async () => {
    try {
      if (server) await runAdmin(server.url, `drop database if exists ${template} with (force)`)
    } finally {
      await server?.close()
      await scratch.remove()
    }
  }
  try {
    server = await startServer(scratch.path)
    await runAdmin(server.url, `create database ${template} template template0`)
    await migrate({ url: withDatabase(server.url, template) })
    project.provide('postgres', { url: server.url, template })
    project.provide('scratchDir', scratch.path)
    return close
  } catch (error) {
    await close()
    throw error
  }
}

async function startServer(scratchDir: string): Promise<EmbeddedPostgres> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return { url: given, close: async () => {} }
  return startEmbeddedPostgres({ dataDir: join(scratchDir, 'run'), durable: false })
}

/** Makes a folder for all that the run leaves on disk; `remove` deletes it, and so does the end of this process. */
async function makeScratch(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kabar-test-'))
  await chmod(path, 0o711) // as root, PostgreSQL runs as another user, who must be able to pass
  const undertaker = process.platform === 'win32' ? null : spawn('/bin/sh', ['-c', bury, 'sh', path], burySilently)
  return {
    path,
    async remove() {
      undertaker?.kill()
      await rm(path, { recursive: true, force: true })
    },
  }
}

// A run that is killed or interrupted cannot clean up, and PostgreSQL would stay. This shell reads a pipe that nobody
// writes to, which ends when the run does, and then stops every PostgreSQL in the folder and removes it.
const bury = `cat
  sleep 1 # until the workers are gone too
  for file in "$1"/*/postgres/postmaster.pid; do [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")"; done
  sleep 1
  rm -rf "$1"`
const burySilently: SpawnOptions = { detached: true, stdio: ['pipe', 'ignore', 'ignore'] }

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

async function runAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  client.on('error', () => {}) // a connection that breaks also fails the query
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
