import type { Logger, LoggerOptions } from 'pino'
import type { Clock } from '../concurrency/clock.ts'
import { logLimits } from '../config/logs.ts'

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>

interface Repeated {
  /** Writes the last of the lines that were held back, with their count. */
  write: () => void
  count: number
}

/** Levels below it are always written: whoever asks for them wants every line. */
const infoLevel = 30

/**
 * Counts equal lines instead of repeating them.
 *
 * The first of them is written at once. Further ones within a second become one line with their count, `repeated`, so
 * that an outage is one line a second and not thousands. Lines are equal with the same level, message, code and error.
 */
export function createRepeats(clock: Clock): { readonly logMethod: LogMethod; flush(): void } {
  const known = new Map<string, Repeated>()
  let cancel: (() => void) | null = null

  function flush(): void {
    for (const [key, repeated] of known) {
      if (repeated.count === 0) known.delete(key)
      else repeated.write()
      repeated.count = 0
    }
    cancel = known.size > 0 ? clock.after(logLimits.repeatMs, flush) : null
  }

  function logMethod(this: Logger, args: Parameters<LogMethod>[0], method: Parameters<LogMethod>[1], level: number) {
    const [given, message] = args
    const fields: Record<string, unknown> = typeof given === 'object' ? { ...given } : {}
    const text = String(typeof given === 'string' ? given : message)
    if (level < infoLevel) {
      method.apply(this, args)
      return
    }
    const key = keyOf({ level, text, fields })
    const repeated = known.get(key)
    if (repeated) {
      repeated.count += 1
      repeated.write = () => method.apply(this, [{ ...fields, repeated: repeated.count }, text])
      return
    }
    // with too many different lines at once all others are written: they are no repetition
    if (known.size < logLimits.differentMax) known.set(key, { count: 0, write() {} })
    method.apply(this, args)
    cancel ??= clock.after(logLimits.repeatMs, flush)
  }

  return {
    logMethod,
    flush() {
      cancel?.()
      cancel = null
      flush()
    },
  }
}

function keyOf({ level, text, fields }: { level: number; text: string; fields: Record<string, unknown> }): string {
  const { code, err, statement } = fields
  const reason = err instanceof Error ? err.message : ''
  return `${level} ${text} ${typeof code === 'string' ? code : typeof statement === 'string' ? statement : ''} ${reason}`.slice(
    0,
    logLimits.keyLengthMax,
  )
}
