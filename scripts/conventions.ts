// Checks what no linter knows about this repository, and prints a line `file:line message` for each fault:
// the direction of imports, the names and length of files, docstrings, and text that must not be published.

import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { folderFault, importFault } from './layers.ts'
import { checkStatements } from './statements.ts'

const linesMax = 300
const summaryLengthMax = 80
const vagueNames = ['common', 'helper', 'helpers', 'index', 'lib', 'manager', 'misc', 'util', 'utils']
const forbidden = [
  { pattern: /(?<![\w.-])\/(?:root|work)\//, reason: 'is a path of one machine' },
  { pattern: /https?:\/\/[\w.-]*\bregistry\b|"resolved": "http|^registry\s*=/, reason: 'names a package registry' },
  { pattern: /\b(?:TODO|FIXME)\b/, reason: 'belongs into the issue tracker' },
]

interface Source {
  path: string
  lines: readonly string[]
}

interface Fault {
  /** Counted from 1. */
  line: number
  message: string
}

const sources = readSources()
const faults = sources.flatMap((source) =>
  checksFor(source.path).flatMap((check) =>
    check(source).map(({ line, message }) => `${source.path}:${line} ${message}`),
  ),
)
if (faults.length > 0) {
  console.log(faults.join('\n'))
  console.log(`\n${faults.length} faults in ${sources.length} files`)
  process.exitCode = 1
}

function checksFor(path: string): ((source: Source) => Fault[])[] {
  if (path === 'scripts/conventions.ts') return [checkName] // it has to spell what it forbids
  const isCode = path.endsWith('.ts')
  const isServer = isCode && path.startsWith('src/')
  const isClient = isCode && path.startsWith('client/src/')
  return [
    checkText,
    ...(isCode ? [checkLength] : []),
    ...(isCode && !isEntry(path) ? [checkName] : []),
    ...(isCode || /\.(?:tsx|mjs|prisma|graphql)$/.test(path) ? [checkOpenings] : []),
    ...(isServer ? [checkFolder, checkImports, checkDocstrings, checkMakers, checkSql] : []),
    ...(isClient ? [checkDocstrings] : []),
  ]
}

/** Tells whether a file lists the exports of a package. */
function isEntry(path: string): boolean {
  return /^client\/src\/(?:\w+\/)?index\.ts$/.test(path)
}

function checkText({ lines }: Source): Fault[] {
  return lines.flatMap((text, index) =>
    forbidden.flatMap(({ pattern, reason }) => {
      const found = pattern.exec(text)
      return found ? [{ line: index + 1, message: `"${found[0]}" ${reason}` }] : []
    }),
  )
}

function checkName({ path }: Source): Fault[] {
  const vague = path.split(/[/.-]/).find((word) => vagueNames.includes(word))
  return vague ? [{ line: 1, message: `"${vague}" does not say what is inside: name the thing` }] : []
}

function checkFolder({ path }: Source): Fault[] {
  const message = folderFault(path)
  return message ? [{ line: 1, message }] : []
}

function checkImports({ path, lines }: Source): Fault[] {
  return lines.flatMap((text, index) => {
    const specifier = /\b(?:from|import)\b\s*\(?\s*'(\.[^']+)'/.exec(text)?.[1]
    const message = specifier && importFault(path, posix.join(posix.dirname(path), specifier))
    return message ? [{ line: index + 1, message }] : []
  })
}

function checkLength({ lines }: Source): Fault[] {
  if (lines.length <= linesMax) return []
  return [{ line: linesMax + 1, message: `the file has ${lines.length} lines; ${linesMax} are allowed: split it` }]
}

/** Wants comments and descriptions to begin with a verb or a name: the condition comes after it. */
function checkOpenings({ lines }: Source): Fault[] {
  return lines.flatMap((text, index) => {
    const opening = /^\s*(?:\/\*\* |\/{2,3} |\* |"{3})(What|Whoever|Whom|Whether|Who|Nobody|All that)\b/.exec(text)?.[1]
    const isFirst = !/^\s*(?:\/\/|\*) \S/.test(lines[index - 1] ?? '')
    return opening && isFirst
      ? [{ line: index + 1, message: `begin with a verb or a name, and not with "${opening}"` }]
      : []
  })
}

function checkSql({ lines }: Source): Fault[] {
  return checkStatements(lines.join('\n'))
}

/** Wants `createX` in a file or folder that is named for a word of X, so that a reader finds it by its name. */
function checkMakers({ path, lines }: Source): Fault[] {
  if (/\/(?:service|queries|schema)\.ts$/.test(path)) return []
  const words = path.slice('src/'.length, -'.ts'.length).split(/[/-]/)
  return lines.flatMap((text, index) => {
    const made = /^export (?:async )?function create(\w+)/.exec(text)?.[1]
    if (!made) return []
    const parts = made
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(' ')
    if (parts.some((part) => words.some((word) => word.startsWith(part) || part.startsWith(word)))) return []
    return [{ line: index + 1, message: `create${made} belongs into a file that is named for what it makes` }]
  })
}

/** Wants a docstring before the first declaration of every exported name; overloads share the one of the first. */
function checkDocstrings({ lines }: Source): Fault[] {
  const declaration = /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/
  const seen = new Set<string>()
  return lines.flatMap((text, index) => {
    const name = declaration.exec(text)?.[1]
    if (!name || seen.has(name)) return []
    seen.add(name)
    const message = faultOfSummary(docstringBefore(lines, index))
    return message ? [{ line: index + 1, message: `${name} ${message}` }] : []
  })
}

function faultOfSummary(docstring: string | null): string | null {
  if (!docstring) return 'has no docstring'
  const summary = /^.*?[.!?](?=\s|$)/.exec(docstring)?.[0]
  if (!summary) return 'has a docstring whose first sentence does not end'
  if (summary.length <= summaryLengthMax) return null
  return `has a docstring whose first sentence is ${summary.length} characters long; ${summaryLengthMax} are allowed`
}

/** Returns the first paragraph of the docstring that ends above a line, on one line. */
function docstringBefore(lines: readonly string[], index: number): string | null {
  let end = index - 1
  while (lines[end]?.startsWith('//')) end--
  if (!lines[end]?.endsWith('*/')) return null
  const start = lines.slice(0, end + 1).findLastIndex((line) => line.startsWith('/*'))
  if (!lines[start]?.startsWith('/**')) return null
  const text = lines.slice(start, end + 1).map((line) => line.replace(/^\/\*\*|^ \*(?!\/)|\*\/$/g, '').trim())
  const paragraphs = text
    .join('\n')
    .trim()
    .split(/\n\n|\n@/)
  return paragraphs[0]?.replaceAll('\n', ' ') || null
}

/** Reads every text file that is or would be committed, generated code aside. */
function readSources(): Source[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
  const paths = list.split('\0').filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  return paths.flatMap((path) => {
    const content = readFileSync(path, 'utf8')
    return content.includes('\0') ? [] : [{ path, lines: content.replace(/\n$/, '').split('\n') }]
  })
}
