// Makes the emoji tables of the picker: `node web/scripts/make-emoji.mjs FOLDER`, where FOLDER holds the unpacked
// packages emojibase-data, cldr-annotations-full and cldr-annotations-derived-full. They have 150 MB, and change once a
// year: so what is made of them is committed, and they are not dependencies.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Fonts of today's systems draw these. */
const versionMax = 15.1
const [folder] = process.argv.slice(2)
if (!folder) throw new Error('Give the folder of the unpacked packages.')
const read = (...path) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'))

const components = 2
const all = read('emojibase-data', 'en', 'data.json')
  .filter(({ group, version }) => group !== undefined && group !== components && version <= versionMax)
  .sort((a, b) => a.order - b.order)

for (const language of ['en', 'id', 'ar']) {
  const names = namesOf(language)
  const english = namesOf('en')
  const groups = [...new Set(all.map(({ group }) => group))].map((group) => {
    const members = all.filter((emoji) => emoji.group === group)
    const texts = members.map(({ emoji }) => names(emoji) ?? english(emoji) ?? { name: emoji, words: [] })
    return {
      group,
      emoji: members.map(({ emoji }) => emoji).join(' '),
      names: texts.map(({ name }) => name).join('\n'),
      words: texts.map(({ name, words }) => words.filter((word) => !name.includes(word)).join(' ')).join('\n'),
      // those that take one skin tone after their first character
      toned: members.map(({ skins }) => (skins?.length === 5 ? 1 : 0)).join(''),
    }
  })
  const path = new URL(`../src/messages/emoji/${language}.json`, import.meta.url)
  writeFileSync(path, `${JSON.stringify(groups, null, 1)}\n`)
}

function namesOf(language) {
  const plain = read('cldr-annotations-full', 'annotations', language, 'annotations.json').annotations.annotations
  const derived = read('cldr-annotations-derived-full', 'annotationsDerived', language, 'annotations.json')
    .annotationsDerived.annotations
  return (emoji) => {
    const found = [plain, derived].flatMap((table) => table[emoji] ?? table[emoji.replaceAll('\ufe0f', '')] ?? [])[0]
    const name = found?.tts?.[0]
    return name ? { name, words: found.default ?? [] } : null
  }
}
