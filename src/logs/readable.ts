// Lines of the log for people, while they develop. 40 lines instead of pino-pretty with its 13 dependencies.

const levels: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }

/** Fields that are the same in every line. */
const common: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err'])

interface Line {
  readonly level?: number
  readonly time?: number
  readonly msg?: string
  readonly err?: { readonly stack?: string; readonly message?: string }
}

/** Formats a line of JSON as `12:00:00 WARN  message key=value`. */
export function readableLine(json: string): string {
  const line = JSON.parse(json) as Line
  const { level = 30, time = 0, msg = '', err } = line
  const fields = Object.entries(line)
    .filter(([key]) => !common.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : cut(JSON.stringify(value))}`)
  const stack = err ? `\n${(err.stack ?? err.message ?? '').replaceAll(/^/gm, '    ')}` : ''
  const clock = new Date(time).toTimeString().slice(0, 8)
  return `${clock} ${levels[level] ?? level} ${msg}${fields.join('')}${stack}\n`
}

/** Objects are shown by their beginning: all of them is in the JSON of production. */
const objectLengthMax = 80
const cut = (text: string) => (text.length > objectLengthMax ? `${text.slice(0, objectLengthMax)}…` : text)
