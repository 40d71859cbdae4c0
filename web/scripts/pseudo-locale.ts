// English that looks translated: a text that is not in the catalogs, or has no room, shows at a glance.

import type { Page } from 'playwright-core'
import english from '../src/shell/catalogs/en.json' with { type: 'json' }

const accents: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'ë',
  i: 'ï',
  o: 'ö',
  u: 'ü',
  c: 'ç',
  n: 'ñ',
  s: 'š',
  y: 'ý',
}
/** The part by which translations are longer than English. */
const growth = 0.4

/** Returns a text of the catalog with accents, in brackets, and longer: `⟦Šávë ~⟧`. Placeholders stay. */
export function pseudoText(text: string): string {
  const words = /other \{([^{}]*)\}/.exec(text)?.[1] ?? text.replaceAll(/\{\w+\}/g, '')
  return `⟦${accented(text)}${' ~'.repeat(Math.ceil((words.length * growth) / 2))}⟧`
}

/** Accents the letters outside of placeholders, and inside of the choices of a plural or select. */
function accented(text: string): string {
  let result = ''
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '{') {
      result += accents[text.charAt(at)] ?? text.charAt(at)
      at += 1
      continue
    }
    const end = closing(text, at)
    result += argument(text.slice(at + 1, end))
    at = end + 1
  }
  return result
}

function argument(inside: string): string {
  const [, head = '', choices = ''] = /^(\s*\w+\s*,\s*(?:plural|select)\s*,)([\s\S]*)$/.exec(inside) ?? []
  if (head === '') return `{${inside}}`
  let result = head
  for (let at = 0; at < choices.length; ) {
    const open = choices.indexOf('{', at)
    if (open < 0) return `{${result}${choices.slice(at)}}`
    const end = closing(choices, open)
    result += `${choices.slice(at, open)}{${accented(choices.slice(open + 1, end))}}`
    at = end + 1
  }
  return `{${result}}`
}

/** Returns the index of the brace that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  return text.length
}

/** Gives a page the pseudo-locale in the place of English. */
export async function servePseudoLocale(page: Page): Promise<void> {
  const catalog = Object.fromEntries(Object.entries(english).map(([key, text]) => [key, pseudoText(text)]))
  const body = `export default ${JSON.stringify(catalog)}`
  await page.route(/\/assets\/en-[^/]*\.js$/, (route) => route.fulfill({ contentType: 'text/javascript', body }))
}
