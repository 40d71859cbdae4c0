// Checks the comments of SQL statements: the name of the function, an index or a bound, and why it is not Prisma. And
// that what is in rooms is joined by its room.

import { readFileSync } from 'node:fs'

/** A statement that breaks a rule. */
export interface StatementFault {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

/** Says in the text of a statement that Prisma has no words for it: such a statement needs no reason. */
const beyondPrisma = [
  /\b(?:unnest|lateral|materialized|union|case|exists|returning|coalesce|greatest|least|filter|tablesample)\b/,
  /\b(?:now|clock_timestamp|set_config|min|max|array)\b ?[([]/,
  /\b(?:on conflict|group by|for update|for no key update|is distinct from|delete from \w+\s+using)\b/,
  /\bbeyond\(| %> |\bwith \w+ as\b|\bupdate \w+\s+set [\s\S]*\bfrom\b|\bcount\(distinct\b/,
]

const migration = readFileSync('prisma/migrations/0001_init/migration.sql', 'utf8')
const indexes = readIndexes()
const joins = readJoins()

/**
 * Checks every statement of a file. Fragments, which statements are put together from, have no comment.
 *
 * For example `-- readUsers: users_pkey; for every page`.
 */
export function checkStatements(content: string): StatementFault[] {
  return [...content.matchAll(/(?<run>sql(?:<[^(]*>)?\()?(?:Prisma\.sql|\$(?:query|execute)Raw)`/g)].flatMap(
    (match) => {
      const start = match.index + match[0].length
      const message = faultOf(readTemplate(content, start).text.trim(), match.groups?.run !== undefined)
      return message ? [{ line: content.slice(0, start).split('\n').length, message }] : []
    },
  )
}

function faultOf(text: string, isRun: boolean): string | null {
  const lines = text.split('\n').map((line) => line.trim())
  const start = lines.findIndex((line) => !line.startsWith('-- '))
  const comment = lines
    .slice(0, start)
    .map((line) => line.slice('-- '.length))
    .join(' ') // prettier-ignore
  const rest = lines.slice(start).join('\n')
  if (comment === '') return isRun ? `a statement begins with a comment: "-- name: index"` : null
  const { name, about } = /^(?<name>\w+)(?:, [\w ]+)?: (?<about>.+)$/.exec(comment)?.groups ?? {}
  if (!name || !about) return `the comment of a statement is "name: index", and not "${comment}"`
  const unknown = about.match(/\b[a-z]\w+_(?:idx|key|pkey)\b/g)?.find((index) => !indexes.has(index))
  if (unknown) return `${name} names the index ${unknown}, which does not exist`
  if (!/_(?:idx|key|pkey)\b|primary keys|\brows?\b|\bas \w+ says/.test(about))
    return `${name} names no index and no bound`
  const stranger = findStranger(rest)
  if (stranger) return `${name} joins ${stranger} without its room: it would join two rooms`
  const isBeyond = beyondPrisma.some((pattern) => pattern.test(rest)) || /; \w+ /.test(about)
  return isBeyond ? null : `Prisma can say ${name}: use it, or say why not, such as "; for every page"`
}

/**
 * Finds a table of rooms that is joined by neither its room nor its message; null when there is none.
 *
 * Two rooms may be in two databases one day, see docs/sharding.md.
 */
function findStranger(statement: string): string | null {
  for (const [, table = '', alias = table, condition = ''] of statement.matchAll(joins)) {
    const byRoom = new RegExp(`\\b(?:room|topic|message|reply_to)_id\\b|\\b${alias}\\.id\\b`)
    if (!byRoom.test(condition)) return table
  }
  return null
}

/** Reads a template from its beginning to its end, with the templates inside its values. */
function readTemplate(content: string, start: number): { readonly text: string; readonly end: number } {
  let text = ''
  let depth = 0
  for (let at = start; at < content.length; at++) {
    const letter = content[at]
    if (letter === '`' && depth === 0) return { text, end: at }
    if (letter === '`') {
      const inner = readTemplate(content, at + 1)
      text += ` ${inner.text} `
      at = inner.end
      continue
    }
    if (letter === '{' && (depth > 0 || content[at - 1] === '$')) depth++
    else if (depth > 0 && letter === '}') depth--
    text += letter
  }
  throw new Error('a template does not end')
}

/** Lists the indexes that the migration creates. */
function readIndexes(): Set<string> {
  const created = [...migration.matchAll(/create (?:unique )?index (\w+)/g)].map(([, name]) => name)
  const keys = [...migration.matchAll(/create table (\w+)/g)].map(([, table]) => `${table}_pkey`)
  return new Set([...created, ...keys].filter((name) => name !== undefined))
}

/** Makes the pattern of a join of a table of rooms: its name, its alias and the condition. */
function readJoins(): RegExp {
  const tables = [...migration.matchAll(/create (?:unlogged )?table (\w+) \(([\s\S]*?)\n\)/g)].flatMap(
    ([, table = '', columns = '']) =>
      ['rooms', 'topics'].includes(table) || /^ {2}(?:room|topic|message)_id /m.test(columns) ? [table] : [],
  )
  const end = /\b(?:join|cross|left|where|order by|group by|limit|union|returning|set)\b|\)\s|$/.source
  return new RegExp(`\\bjoin (${tables.join('|')})\\b(?: as (\\w+))?\\s+on ([\\s\\S]*?)(?=${end})`, 'g')
}
