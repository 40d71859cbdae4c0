// Writes client/src/cache/schema-types.ts of schema.graphql: `npm run cache-types -w kabar-client`. A test compares them.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSchema, isInterfaceType, isObjectType } from 'graphql'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const schema = buildSchema(readFileSync(join(root, '../schema.graphql'), 'utf8'))
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
const lineMax = 110

/** A text of names as code, in lines. */
function namesOf(list: readonly { readonly name: string }[], indent: string): string {
  const lines = ['']
  for (const name of list.map((type) => type.name).sort()) {
    const line = `${lines.at(-1)}${name} `
    if (line.length > lineMax) lines.push(`${name} `)
    else lines[lines.length - 1] = line
  }
  const texts = lines.map((line, index) => `'${index === lines.length - 1 ? line.trimEnd() : line}'`)
  return texts.join(` +\n${indent}`)
}

const interfaces = types.filter(isInterfaceType).map((type) => {
  const names = namesOf(schema.getPossibleTypes(type), '      ')
  return names.includes('\n') ? `  ${type.name}: names(\n    ${names},\n  ),` : `  ${type.name}: names(${names}),`
})
const embedded = types.filter((type) => isObjectType(type) && !roots.includes(type) && !type.getFields().id)
const text = `// Of schema.graphql: \`npm run cache-types -w kabar-client\`. For caches that cannot know it.

const names = (text: string): string[] => text.split(' ')

/** The types of each interface. */
export const possibleTypes: Record<${types
  .filter(isInterfaceType)
  .map(({ name }) => `'${name}'`)
  .join(' | ')}, string[]> = {
${interfaces.join('\n')}
}

/** The types without an id: caches keep them in what they belong to. */
export const embeddedTypes: readonly string[] = /* @__PURE__ */ names(
  ${namesOf(embedded, '    ')},
)
`
writeFileSync(join(root, 'src', 'cache', 'schema-types.ts'), text)
