// One throw-away PostgreSQL for the whole run, with a migrated template database that every test file copies.

import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server where tests may create databases, and the template that they copy. */
    postgres: { url: string; template: string }
  }
}

/** Starts PostgreSQL, or uses that of TEST_DATABASE_URL, and makes the template; returns how to undo it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer()
  const template = `kabar_template_${randomUUID().replaceAll('-', '')}`
  const close = async () => {
    await runAdmin(server.url, `drop database if exists ${template} with (force)`).finally(server.close)
  }
  try {
    await runAdmin(server.url, `create database ${template} template template0`)
    await migrate({ url: withDatabase(server.url, template) })
  } catch (error) {
    await close()
    throw error
  }
  project.provide('postgres', { url: server.url, template })
  return close
}

async function startServer(): Promise<{ url: string; close(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return { url: given, close: async () => {} }
  const dataDir = await mkdtemp(join(tmpdir(), 'kabar-test-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    await chmod(dataDir, 0o711) // as root, PostgreSQL runs as another user, who must be able to pass
    const server = await startEmbeddedPostgres({ dataDir, durable: false })
    return { url: server.url, close: () => server.close().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

async function runAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
