// Messages as ICU writes them, as far as the catalogs need it: `{name}`, plural and select.

/** The values of the placeholders of a text. */
export type TextValues = Readonly<Record<string, string | number>>

const numberFormatOf = onceForEach((locale) => new Intl.NumberFormat(locale))
const pluralRulesOf = onceForEach((locale) => new Intl.PluralRules(locale))

/** Makes a thing once for each locale: those of Intl take longer to make than all that is done with them. */
function onceForEach<Made>(make: (locale: string) => Made): (locale: string) => Made {
  const made = new Map<string, Made>()
  return (locale) => {
    const known = made.get(locale) ?? make(locale)
    made.set(locale, known)
    return known
  }
}

/**
 * Fills a text: `{count, plural, =0 {none} one {# message} other {# messages}}`.
 *
 * The plural category is that of the locale, and `#` is its number as the locale writes it. A name without a value
 * stays as it is written.
 */
export function formatText(text: string, values: TextValues, locale: string): string {
  let result = ''
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('{', at)
    if (open < 0) return result + text.slice(at)
    const close = matchingBrace(text, open)
    result += text.slice(at, open) + formatArgument(text.slice(open + 1, close), values, locale)
    at = close + 1
  }
  return result
}

function formatArgument(argument: string, values: TextValues, locale: string): string {
  const [, name = '', kind, rest = ''] = /^\s*(\w+)\s*(?:,\s*(plural|select)\s*,([\s\S]*))?$/.exec(argument) ?? []
  const value = values[name]
  if (value === undefined) return `{${argument}}`
  if (kind === undefined) return typeof value === 'number' ? numberFormatOf(locale).format(value) : value
  const choices = readChoices(rest)
  if (kind === 'select') return formatText(choices.get(String(value)) ?? choices.get('other') ?? '', values, locale)
  const count = Number(value)
  const category = pluralRulesOf(locale).select(count)
  const chosen = choices.get(`=${count}`) ?? choices.get(category) ?? choices.get('other') ?? ''
  return formatText(chosen.replaceAll('#', numberFormatOf(locale).format(count)), values, locale)
}

function readChoices(text: string): Map<string, string> {
  const choices = new Map<string, string>()
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('{', at)
    if (open < 0) break
    const close = matchingBrace(text, open)
    choices.set(text.slice(at, open).trim(), text.slice(open + 1, close))
    at = close + 1
  }
  return choices
}

/** Where the brace closes that opens at a place; the end of the text where it never does. */
function matchingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return text.length
}
