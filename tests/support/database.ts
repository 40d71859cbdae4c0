// The `test` of every file here that needs a database: it gets one of its own, copied from the run's template.

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { test as base, expect, inject, onTestFinished } from 'vitest'
import { findBreaks } from './feeds.ts'
import { isBeside } from './statements.ts'

/** A `test` with a fresh, migrated database for each file, removed at its end. */
export const test = base.extend('databaseUrl', { scope: 'file' }, async ({}, { onCleanup }) => {
  const { url, drop } = await createDatabase()
  onCleanup(async () => {
    try {
      await verifyAll(url)
    } finally {
      await drop()
    }
  })
  return url
})

/** Creates a migrated database, which `drop` removes. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { url, template } = inject('postgres')
  const name = `kabar_test_${randomUUID().replaceAll('-', '')}`
  const own = new URL(url)
  own.pathname = `/${name}`
  const admin = await openClient(url)
  await admin.query(`create database ${name} template ${template} strategy file_copy`)
  return {
    url: own.href,
    async drop() {
      try {
        await admin.query(`drop database if exists ${name} with (force)`)
      } finally {
        await admin.end()
      }
    },
  }
}

/** Whatever a test file does, its events follow each other in the end. */
async function verifyAll(url: string): Promise<void> {
  const client = await openClient(url)
  try {
    const breaks = await findBreaks(client)
    expect(breaks, 'the events of this file do not follow each other').toEqual([])
  } finally {
    await client.end()
  }
}

/** Connects to a database. Survives that the database goes, or is restarted, with what is still connected. */
export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => {}) // a connection that breaks also fails the query that is waited for
  await client.connect()
  return client
}

/** Connects to a database until the end of the test. */
export async function connect(url: string): Promise<pg.Client> {
  const client = await openClient(url)
  onTestFinished(() => client.end())
  return client
}

/**
 * Counts the statements that wait for a lock, without those that a server sends when they are due.
 *
 * The client must not be in a transaction: PostgreSQL would show the activity of its first look again and again.
 */
export async function countWaiting(client: pg.Client | pg.Pool): Promise<number> {
  const { rows } = await client.query<{ query: string }>(
    `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.filter(({ query }) => !isBeside(query)).length
}

/**
 * Lets a change wait for a topic that is held, and behind it a send; then lets go of the topic.
 *
 * @returns whether the send was refused.
 */
export async function isRefusedBehind(
  databaseUrl: string,
  topicId: string,
  { change, send }: Record<'change' | 'send', () => Promise<unknown>>,
): Promise<boolean> {
  const [blocker, watcher] = [await connect(databaseUrl), await connect(databaseUrl)]
  const waiting = () => countWaiting(watcher)
  try {
    await blocker.query('begin')
    await blocker.query('select from topics where id = $1 for update', [topicId])
    const changing = change()
    await expect.poll(waiting).toBe(1)
    const refused = send().then(
      () => false,
      () => true,
    )
    await expect.poll(waiting).toBe(2)
    await blocker.query('commit')
    await changing
    return await refused
  } finally {
    await Promise.all([blocker.end(), watcher.end()])
  }
}
