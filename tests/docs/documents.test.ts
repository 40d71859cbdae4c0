import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { tables } from '../../scripts/document-tables.ts'
import { documents, operationsOf, readText, section } from '../support/documents.ts'

const root = join(import.meta.dirname, '..', '..')
const readme = readText('README.md')

test.for(tables)('$path has the table of $name as `npm run docs` writes it', ({ path, name, text }) => {
  expect(section(path, name)).toBe(text)
})

test('the table of features names only fields that the schema has', () => {
  const written = section('README.md', 'features')
  const named = [...written.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(30)
  const types = Object.values(buildSchema(readText('schema.graphql')).getTypeMap())
  const fields = new Set(types.flatMap((type) => ('getFields' in type ? Object.keys(type.getFields()) : [])))
  expect(named.filter((name) => !fields.has(name))).toEqual([])
})

describe.for(documents)('%s', (path) => {
  const text = readText(path)

  test('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
    const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)))
    expect(missing).toEqual([])
  })

  test('names only commands that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short)
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

test('the README fits on a newcomer’s page', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(250)
})

describe('files named in documents and comments', () => {
  const folders = [
    'src',
    'tests',
    'scripts',
    'bench',
    'chaos',
    'docs',
    'deploy',
    'prisma',
    'client',
    'web',
    'attack',
    'upgrades',
  ]
  const sources = globSync(['*.md', 'docs/*.md', ...folders.map((name) => `${name}/**/*.{ts,tsx,mjs,md}`)], {
    cwd: root,
  })
    .filter((path) => !/node_modules|generated|\bdist\b|vite\.config/.test(path))
    .toSorted()

  test('exist', () => {
    const pattern = new RegExp(
      `(?<![\\w./-])((?:${folders.join('|')})/[\\w./-]*\\w\\.(?:ts|tsx|mjs|md|sql|graphql|prisma))\\b`,
      'g',
    )
    const missing = sources.flatMap((path) =>
      [...readText(path).matchAll(pattern)]
        .map(([, named = '']) => named)
        .filter(
          (named) =>
            !named.includes('generated/') && !existsSync(join(root, named)) && !existsSync(join(root, 'src', named)),
        )
        .map((named) => `${path} names ${named}`),
    )
    expect(missing).toEqual([])
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
    expect(existsSync(join(root, path)), path).toBe(true)
    expect(allowed, path).toContain(path.split('/')[0])
  }
})

test('the Dockerfile and the bench start servers with the flags of `npm start`', () => {
  const [, flags = ''] = /^const serverFlags = \[(.+)\]$/m.exec(readText('scripts/run.mjs')) ?? []
  expect(flags).not.toBe('')
  const [, started = ''] = /^CMD (\[.+\])$/m.exec(readText('Dockerfile')) ?? []
  const [, ...args] = JSON.parse(started) as string[]
  expect(args).toEqual([...flags.split(', ').map((flag) => flag.slice(1, -1)), 'src/main.ts'])
  expect(readText('bench/servers/process.ts')).toContain(flags)
})
