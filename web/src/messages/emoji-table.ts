// Emojis with their names and search words in the language of the pages.

/** An emoji and what it is called. */
export interface Emoji {
  readonly emoji: string
  readonly name: string
  readonly words: string
  /** True if it takes a skin tone. */
  readonly isToned: boolean
}

/** All emojis by their groups. */
export type EmojiTable = readonly { readonly group: number; readonly emojis: readonly Emoji[] }[]

interface Columns {
  readonly group: number
  readonly emoji: string
  readonly names: string
  readonly words: string
  readonly toned: string
}

const addresses: Record<string, string> = {
  en: new URL('./emoji/en.json', import.meta.url).href,
  id: new URL('./emoji/id.json', import.meta.url).href,
  ar: new URL('./emoji/ar.json', import.meta.url).href,
}

/** Loads the table of a language; the browser keeps it. */
export async function loadEmoji(language: string): Promise<EmojiTable> {
  const answer = await fetch(addresses[language] ?? addresses.en ?? '')
  const groups: readonly Columns[] = await answer.json()
  return groups.map(({ group, emoji, names, words, toned }) => {
    const [allNames, allWords] = [names.split('\n'), words.split('\n')]
    const emojis = emoji.split(' ').map((char, index) => ({
      ...{ emoji: char, name: allNames[index] ?? '', words: allWords[index] ?? '' },
      isToned: toned[index] === '1',
    }))
    return { group, emojis }
  })
}

/** Finds emojis whose name or words have each word of a search; those whose name begins with it come first. */
export function findEmoji(table: EmojiTable, search: string, max: number): readonly Emoji[] {
  const words = search
    .toLocaleLowerCase()
    .split(/[\s_]+/)
    .filter(Boolean)
  const found = table.flatMap(({ emojis }) =>
    emojis.filter(({ name, words: others }) => {
      const text = ` ${name} ${others}`.toLocaleLowerCase()
      return words.every((word) => text.includes(` ${word}`))
    }),
  )
  const rank = ({ name }: Emoji) => (name.toLocaleLowerCase().startsWith(words[0] ?? '') ? 0 : 1)
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, max)
}

/** Gives an emoji in a skin tone, from 1 to 5; 0 leaves it as it is. */
export function withTone({ emoji, isToned }: Emoji, tone: number): string {
  if (!isToned || tone === 0) return emoji
  const [first = '', ...rest] = emoji
  const modifier = String.fromCodePoint(0x1f3fa + tone)
  // a tone stands in the place of the sign that asks for a picture
  return first + modifier + rest.join('').replace(/^\ufe0f/, '')
}
