// The `test` of every file here that needs a database: it gets one of its own, copied from the run's template.

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { test as base, inject, onTestFinished } from 'vitest'

/** A `test` with a fresh, migrated database for each file, removed at its end. */
export const test = base.extend('databaseUrl', { scope: 'file' }, async ({}, { onCleanup }) => {
  const { url, template } = inject('postgres')
  const name = `kabar_test_${randomUUID().replaceAll('-', '')}`
  const admin = await openClient(url)
  onCleanup(async () => {
    try {
      await admin.query(`drop database if exists ${name} with (force)`)
    } finally {
      await admin.end()
    }
  })
  await admin.query(`create database ${name} template ${template} strategy file_copy`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
})

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

/** Counts the statements that wait for a lock in the database of a client, which must not be in a transaction. */
export async function countWaiting(client: pg.Client | pg.Pool): Promise<number> {
  const { rowCount } = await client.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rowCount ?? 0
}
