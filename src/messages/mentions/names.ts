// Finds the names that a body mentions: outside code and links, as CommonMark delimits them.

import { type Node, Parser } from 'commonmark'
import { limits } from '../../config/config.ts'
import { usernameText } from '../../users/formats.ts'

/** The usernames and groups that a body mentions. */
export interface MentionedNames {
  /** Usernames, without duplicates, in order. */
  readonly names: readonly string[]
  /** True if it mentions everybody, those who are online, or no group. Everybody counts before those online. */
  readonly group: 'EVERYONE' | 'HERE' | null
}

const nobody: MentionedNames = { names: [], group: null }
/** A body with none of this mentions nobody, and is not parsed. */
const someHandle = /@[A-Za-z0-9]/
/**
 * Links that people write without brackets, which CommonMark does not know.
 *
 * They end before signs that close what surrounds them, and may have parentheses that are closed.
 */
const bareLink =
  /(?:\b[a-z][a-z0-9+.-]{0,20}:\/\/|\bwww\.|\b(?:mailto|xmpp|tel|sip):)(?:[^\s<>()"'`*]|\([^\s<>()"'`*]*\))*/giu
/**
 * A name after an @.
 *
 * - It may begin a text, and follow a space, a sign or a number with a dot: `@ada`, `(@ada`, `1.@ada`.
 * - It may follow a character of a script other than Latin: `你好@ada`.
 * - It may not follow a Latin letter or a digit, as in an address: `a@b.c`, `a+@b`, `@a@b.c`.
 * - After a slash it counts in `@a/@b` and `with/@a`, and not in a path: `x.org/@a`.
 */
const handle =
  /(?<![\p{Script=Latin}\p{Nd}@]|\p{Script=Latin}[._%+-]*)(?<=^|[^/]|(?:^|[\s(])[^\s/.]*\/|@[\w.-]+\/)@([A-Za-z0-9._-]+)(?![\p{Script=Latin}\p{Nd}._\-@])/gu

/** Finds what a body mentions. The work is linear in its length. */
export function mentionedNames(body: string): MentionedNames {
  if (!someHandle.test(body)) return nobody
  const runs = new Set<string>()
  // a link becomes a word, which is none of a name, and keeps what is around it as it is
  const text = textOf(body.replace(bareLink, (link) => 'x'.repeat(link.length))).normalize('NFC')
  for (const [, run = ''] of text.matchAll(handle)) runs.add(run)
  const names = new Set<string>()
  for (const run of runs) {
    // a trailing dot ends the sentence, not the name
    const name = usernameText.safeParse(/^.*[A-Za-z0-9]/.exec(run)?.[0] ?? '')
    if (name.success) names.add(name.data)
  }
  const group = names.has('everyone') ? 'EVERYONE' : names.has('here') ? 'HERE' : null
  return { names: [...names.difference(groups)], group }
}

const groups: ReadonlySet<string> = new Set(['everyone', 'here'])

/** The text of a body without code and links. Signs stand where emphasis and blocks begin and end. */
function textOf(body: string): string {
  const parts: string[] = []
  const walker = new Parser().parse(boundBrackets(body)).walker()
  for (let step = walker.next(); step; step = walker.next()) {
    parts.push(textOfNode(step.node))
    if (step.entering && hidden.has(step.node.type)) walker.resumeAt(step.node, false)
  }
  return parts.join('')
}

/** Makes brackets after the first ones text: the parser looks for the end of a link from each of them. */
function boundBrackets(body: string): string {
  let left: number = limits.linksParsedMax
  return body.replaceAll('[', (bracket) => (left-- > 0 ? bracket : ' '))
}

const hidden: ReadonlySet<Node['type']> = new Set(['link', 'image'])

/** Nodes whose text clients show; they show tags as text. */
const shown: ReadonlySet<Node['type']> = new Set(['text', 'html_inline', 'html_block'])
const emphasis: ReadonlySet<Node['type']> = new Set(['emph', 'strong'])

function textOfNode({ type, literal }: Node): string {
  if (shown.has(type)) return literal ?? ''
  return emphasis.has(type) ? '*' : '\n'
}
