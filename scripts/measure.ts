// `npm run measure`: the size and shape of the code and the first page, of this checkout or of another folder.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'

const root = process.argv[2] ?? join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const linesOf = (text: string) => text.trimEnd().split('\n').length

const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.includes('generated'))
const sources = paths.map((path) => ({ path, text: read(path) }))
const files = sources.map(({ text }) => linesOf(text))
const functions = sources.flatMap(({ path, text }) => functionLines(path, text))
const comments = sources.reduce((sum, { text }) => sum + commentLines(text), 0)
const total = files.reduce((sum, lines) => sum + lines, 0)
const glossary = read('docs/glossary.md').match(/^\| \*\*/gm) ?? []

console.log(`files             ${files.length}`)
console.log(`lines             ${total}`)
console.log(`median file       ${median(files)}`)
console.log(`longest file      ${Math.max(...files)}`)
console.log(`median function   ${median(functions)}`)
console.log(`longest function  ${Math.max(...functions)}`)
console.log(`comments          ${Math.round((100 * comments) / total)} % of the lines`)
console.log(`words of README   ${read('README.md').split(/\s+/).length}`)
console.log(`words of glossary ${glossary.length}`)

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

/** Counts the lines of each function of a file, arrow functions included. */
function functionLines(path: string, text: string): number[] {
  const lines: number[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('type' in node && /Function/.test(String(node.type)) && 'start' in node && 'end' in node) {
      lines.push(linesOf(text.slice(Number(node.start), Number(node.end))))
    }
    for (const inner of Object.values(node)) visit(inner)
  }
  visit(parseSync(path, text).program)
  return lines
}

/** Counts the lines that are only a comment. */
function commentLines(text: string): number {
  return text.split('\n').filter((line) => /^\s*(\/\/|\/\*|\*)/.test(line)).length
}
