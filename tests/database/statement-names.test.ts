import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nameStatement } from '../../src/database/statements.ts'
import { statementsBeside } from '../support/statements.ts'

describe('a statement is named', () => {
  const cases = {
    'by a comment at its beginning': ['\n    -- readAfter: topics_pkey\n    select 1', 'readAfter'],
    'by a comment in a line': ['/* readTime */ select now()', 'readTime'],
    'by a comment at its end': ['begin -- runAlone', 'runAlone'],
    'by verb and first table, from Prisma': ['SELECT "public"."users"."id" FROM "public"."users"', 'select users'],
    'by its verb alone': ['COMMIT', 'commit'],
    'also when it has no word': ['', 'other'],
  } as const
  test.for(Object.entries(cases))('%s', ([, [text, name]]) => {
    expect(nameStatement(text)).toBe(name)
  })

  test('never by a value: a text without a comment gives only words of SQL and names of tables', () => {
    expect(nameStatement(`insert into "public"."messages" values ('secret')`)).toBe('insert messages')
  })
})

test('the statements that tests leave out exist', () => {
  const paths = execFileSync('git', ['ls-files', 'src/*.ts'], { encoding: 'utf8' }).trim().split('\n')
  const sources = paths.map((path) => readFileSync(path, 'utf8')).join('\n')
  expect(statementsBeside.filter((name) => !sources.includes(`-- ${name}:`))).toEqual([])
})
