// A small Markdown as a tree: what people type without thinking of it. It never becomes HTML.

/** A piece of a line. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'mention'; readonly username: string }
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly kind: 'bold' | 'italic' | 'strike'; readonly children: readonly Inline[] }

/** A piece of a message. */
export type Block =
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string; readonly language: string }
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly (readonly Inline[])[] }

/** Quotes in quotes, bold in italic and so on: deeper ones stay text. */
const depthMax = 6

/** Reads a message. Every text gives a tree, and all that is no sign stays as it was typed. */
export function parseMarkdown(text: string, depth = 0): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  let paragraph: string[] = []
  const endParagraph = () => {
    if (paragraph.some((line) => line.trim() !== '')) {
      blocks.push({ kind: 'paragraph', children: parseInline(paragraph.join('\n').replace(/^\n+|\s+$/g, '')) })
    }
    paragraph = []
  }
  for (let at = 0; at < lines.length; ) {
    const found = readFence(lines, at) ?? (depth < depthMax ? readQuote(lines, at, depth) : null) ?? readList(lines, at)
    if (found) {
      endParagraph()
      blocks.push(found.block)
      at = found.next
    } else {
      paragraph.push(lines[at] ?? '')
      at++
    }
  }
  endParagraph()
  return blocks
}

interface Found {
  readonly block: Block
  readonly next: number
}

/** A fence without an end reaches to the end of the text, as while somebody is typing. */
function readFence(lines: readonly string[], at: number): Found | null {
  const [, before = '', language = ''] = /^(\s*)```([\w+-]*)\s*$/.exec(lines[at] ?? '') ?? []
  if (before === '' && !lines[at]?.startsWith('```')) return null
  if (!/^\s*```[\w+-]*\s*$/.test(lines[at] ?? '')) return null
  const end = lines.findIndex((line, index) => index > at && line.trim() === '```')
  const until = end < 0 ? lines.length : end
  return { block: { kind: 'code', text: lines.slice(at + 1, until).join('\n'), language }, next: until + 1 }
}

function readQuote(lines: readonly string[], at: number, depth: number): Found | null {
  if (!/^>\s?/.test(lines[at] ?? '')) return null
  let next = at
  while (next < lines.length && lines[next]?.startsWith('>')) next++
  const inner = lines.slice(at, next).map((line) => line.replace(/^>\s?/, ''))
  return { block: { kind: 'quote', children: parseMarkdown(inner.join('\n'), depth + 1) }, next }
}

function readList(lines: readonly string[], at: number): Found | null {
  const first = lines[at] ?? ''
  const isOrdered = /^\d{1,9}[.)] \S/.test(first)
  const pattern = isOrdered ? /^\d{1,9}[.)] (.*)$/ : /^[-*•] (.*)$/
  const items: (readonly Inline[])[] = []
  let next = at
  for (; next < lines.length; next++) {
    const item = pattern.exec(lines[next] ?? '')?.[1]
    if (item === undefined || item.trim() === '') break
    items.push(parseInline(item))
  }
  if (items.length === 0) return null
  return { block: { kind: 'list', start: isOrdered ? Number.parseInt(first, 10) : null, items }, next }
}

const signs = [
  { sign: '**', kind: 'bold' },
  { sign: '__', kind: 'bold' },
  { sign: '~~', kind: 'strike' },
  { sign: '*', kind: 'italic' },
  { sign: '_', kind: 'italic' },
] as const

/** Where something may begin that is not plain text. */
const special = /[`*_~@[\\]|https?:\/\//g
const bareLink = /^https?:\/\/[^\s<>"`]+/
const maskedLink = /^\[([^\][\n]{1,500})\]\((https?:\/\/[^\s()<>]+|mailto:[^\s()<>]+)\)/
const mention = /^@([a-z0-9][a-z0-9._-]{0,48}[a-z0-9])/i

/** Reads one line of text, or several. */
function parseInline(text: string, depth = 0): Inline[] {
  const result: Inline[] = []
  // signs that close nowhere behind: looked for once, or a text of signs alone would take seconds
  const hopeless = new Set<string>()
  let plain = ''
  const push = (...inlines: Inline[]) => {
    if (plain !== '') result.push({ kind: 'text', text: plain })
    plain = ''
    result.push(...inlines)
  }
  for (let at = 0; at < text.length; ) {
    special.lastIndex = at
    const start = special.exec(text)?.index ?? text.length
    plain += text.slice(at, start)
    at = start
    if (at >= text.length) break
    const found = readInline(text, at, { depth, hopeless })
    if (typeof found === 'string') {
      plain += found
      at += found.length
    } else {
      push(found.inline)
      at = found.next
    }
  }
  push()
  return result
}

interface State {
  readonly depth: number
  readonly hopeless: Set<string>
}

interface FoundInline {
  readonly inline: Inline
  readonly next: number
}

/** Reads what begins at a place, or gives the characters that are plain there. */
function readInline(text: string, at: number, state: State): FoundInline | string {
  const char = text[at] ?? ''
  const rest = text.slice(at)
  if (char === '\\')
    return /^\\[\\`*_~[\]>@-]/.test(rest) ? { inline: { kind: 'text', text: rest[1] ?? '' }, next: at + 2 } : char
  if (char === '`') return readCode(text, at) ?? char
  if (char === '@') return (isWordBefore(text, at) ? null : readMention(rest, at)) ?? char
  if (char === 'h' || char === 'H') return readBareLink(rest, at) ?? char
  if (char === '[') return readMaskedLink(rest, at, state.depth) ?? char
  return (state.depth < depthMax ? readSign(text, at, state) : null) ?? char
}

function readCode(text: string, at: number): FoundInline | null {
  const end = text.indexOf('`', at + 1)
  if (end <= at + 1) return null
  return { inline: { kind: 'code', text: text.slice(at + 1, end) }, next: end + 1 }
}

function readMention(rest: string, at: number): FoundInline | null {
  const username = mention.exec(rest)?.[1]
  return username ? { inline: { kind: 'mention', username }, next: at + 1 + username.length } : null
}

/** The signs after a link belong to the sentence, and so does a bracket that closes none of its own. */
function readBareLink(rest: string, at: number): FoundInline | null {
  let href = bareLink.exec(rest)?.[0].replace(/[.,:;!?'*_~]+$/, '') ?? ''
  if (href.endsWith(')') && !href.includes('(')) href = href.slice(0, -1)
  if (!URL.canParse(href)) return null
  return { inline: { kind: 'link', href, children: [{ kind: 'text', text: href }] }, next: at + href.length }
}

function readMaskedLink(rest: string, at: number, depth: number): FoundInline | null {
  const [all, label = '', href = ''] = maskedLink.exec(rest) ?? []
  if (!all || !URL.canParse(href)) return null
  const children = parseInline(label, depth + 1).filter(({ kind }) => kind !== 'link')
  return { inline: { kind: 'link', href, children }, next: at + all.length }
}

function readSign(text: string, at: number, { depth, hopeless }: State): FoundInline | null {
  for (const { sign, kind } of signs) {
    if (hopeless.has(sign) || !text.startsWith(sign, at)) continue
    const from = at + sign.length
    // snake_case and 2 * 3 are no italics
    if (/\s/.test(text[from] ?? ' ') || (sign.includes('_') && isWordBefore(text, at))) continue
    const end = findClosing(text, sign, from)
    if (end < 0) {
      hopeless.add(sign)
      continue
    }
    return { inline: { kind, children: parseInline(text.slice(from, end), depth + 1) }, next: end + sign.length }
  }
  return null
}

function findClosing(text: string, sign: string, from: number): number {
  for (let end = text.indexOf(sign, from + 1); end >= 0; end = text.indexOf(sign, end + 1)) {
    // of three stars the first closes what is inside
    if (sign.length === 2 && text.startsWith(sign, end + 1)) continue
    const after = text[end + sign.length] ?? ''
    const isLonger = sign.length === 1 && (after === sign || text[end - 1] === sign)
    const isInWord = sign.includes('_') && /[\p{L}\p{N}]/u.test(after)
    if (!isLonger && !isInWord && !/\s/.test(text[end - 1] ?? ' ')) return end
  }
  return -1
}

function isWordBefore(text: string, at: number): boolean {
  return at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1] ?? '')
}

/** Tells whether a message is only a few emojis, which are then shown large. */
export function isOnlyEmoji(text: string): boolean {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > 40 || !/\p{Extended_Pictographic}|\p{RI}\p{RI}/u.test(trimmed)) return false
  const graphemes = [...new Intl.Segmenter().segment(trimmed.replaceAll(/\s/g, ''))]
  return (
    graphemes.length <= 3 && graphemes.every(({ segment }) => /\p{Extended_Pictographic}|\p{RI}\p{RI}|⃣/u.test(segment))
  )
}
