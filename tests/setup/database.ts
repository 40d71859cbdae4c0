// The `test` of every file here that needs a database: it gets one of its own, copied from the run's template.

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { test as base, inject } from 'vitest'

/** A `test` with a fresh, migrated database for each file, removed at its end. */
export const test = base.extend('databaseUrl', { scope: 'file' }, async ({}, { onCleanup }) => {
  const { url, template } = inject('postgres')
  const name = `kabar_test_${randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client(url)
  await admin.connect()
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
