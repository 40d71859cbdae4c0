import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { variables } from '../src/config.ts'
import { operationsOf, readText } from './setup/readme.ts'

const readme = readText('README.md')

test('the table of settings says what the code reads', () => {
  const [, written] = /<!-- configuration -->\n([\s\S]*?)\n<!-- \/configuration -->/.exec(readme) ?? []
  const rows = Object.entries(variables).map(
    ([name, variable]) =>
      `| \`${name}\` | ${variable.default && `\`${variable.default}\``} | ${variable.description} |`,
  )
  expect(written).toBe(['| Name | Default | Meaning |', '|---|---|---|', ...rows].join('\n'))
})

describe.for(['README.md', 'CONTRIBUTING.md'])('%s', (path) => {
  const text = readText(path)

  test('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
    const missing = links.filter((link) => !existsSync(join(import.meta.dirname, '..', dirname(path), link)))
    expect(missing).toEqual([])
  })

  test('names only commands that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short)
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((name) => !name || !scripts[name])).toEqual([])
  })

  test('has only operations that the schema knows', () => {
    const schema = buildSchema(readText('schema.graphql'))
    for (const operation of operationsOf(text)) {
      const errors = validate(schema, parse(operation)).map((error) => error.message)
      expect(errors, operation).toEqual([])
    }
  })
})

describe('the promises of the README', () => {
  const rows = [...readme.matchAll(/^\| (P\d+) \|.*\| \[(P\d+)\]\(([^)]+)\) \|$/gm)]

  test('are numbered from P1 without a gap', () => {
    const numbers = rows.map(([, number]) => number)
    expect(numbers).toEqual(numbers.map((_, index) => `P${index + 1}`))
    expect(numbers.length).toBe([...readme.matchAll(/^\| P\d+/gm)].length)
    expect(numbers.length).toBeGreaterThanOrEqual(9)
  })

  test.for(rows.map(([, number = '', label = '', path = '']) => [number, label, path] as const))(
    '%s is held by a test of its name',
    ([number, label, path]) => {
      expect(label).toBe(number)
      expect(readText(path)).toMatch(new RegExp(`\\btest[^'"\`]*\\(\\s*['"\`]${number}\\b`))
    },
  )
})

test('the Dockerfile copies only what exists and is let through by .dockerignore', () => {
  const allowed = new Set([...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path))
  const copied = [...readText('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  )
  expect(copied.length).toBeGreaterThan(3)
  for (const path of copied) {
    expect(existsSync(join(import.meta.dirname, '..', path)), path).toBe(true)
    expect(allowed, path).toContain(path.split('/')[0])
  }
})
