// Times, numbers and lists as a language writes them.

import type { Translate } from './translate.ts'

/** How a language writes times, numbers and lists. */
export interface Format {
  /** `10:05` */
  time(at: string | Date): string
  /** `Today`, `Yesterday`, `Monday`, `3 March`, `3 March 2024` */
  day(at: string | Date): string
  /** `10:05` today, `Mon` this week, `3/3/24` before: for lists. */
  short(at: string | Date): string
  /** All of it, for those who hover. */
  full(at: string | Date): string
  /** `5 minutes ago` */
  ago(at: string | Date): string
  /** `2 hours`, `30 days` */
  duration(seconds: number): string
  number(value: number): string
  /** `1.2 MB` */
  bytes(value: number): string
  list(items: readonly string[]): string
}

const dayMs = 86_400_000

/** Makes the formats of a language. */
export function createFormat(language: string, t: Translate): Format {
  const date = (options: Intl.DateTimeFormatOptions) => {
    // made when it is first needed: each takes milliseconds
    let made: Intl.DateTimeFormat | null = null
    return (at: string | Date) => {
      made ??= new Intl.DateTimeFormat(language, options)
      return made.format(new Date(at))
    }
  }
  const time = date({ hour: '2-digit', minute: '2-digit' })
  const weekday = date({ weekday: 'long' })
  const shortWeekday = date({ weekday: 'short' })
  const thisYear = date({ day: 'numeric', month: 'long' })
  const anyYear = date({ day: 'numeric', month: 'long', year: 'numeric' })
  const shortDate = date({ dateStyle: 'short' })
  const full = date({ dateStyle: 'full', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const number = new Intl.NumberFormat(language)
  const list = new Intl.ListFormat(language, { type: 'conjunction' })

  return {
    time,
    full,
    number: (value) => number.format(value),
    list: (items) => list.format(items),
    day(at) {
      const days = daysBefore(at)
      if (days === 0) return t('time.today')
      if (days === 1) return t('time.yesterday')
      if (days > 1 && days < 7) return weekday(at)
      return isThisYear(at) ? thisYear(at) : anyYear(at)
    },
    short(at) {
      const days = daysBefore(at)
      if (days <= 0) return time(at)
      return days < 7 ? shortWeekday(at) : shortDate(at)
    },
    ago(at) {
      const seconds = Math.max(0, (Date.now() - new Date(at).getTime()) / 1_000)
      if (seconds < 60) return t('time.now')
      if (seconds < 3_600) return relative.format(-Math.floor(seconds / 60), 'minute')
      if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3_600), 'hour')
      return relative.format(-Math.floor(seconds / 86_400), 'day')
    },
    duration(seconds) {
      const units = [
        ['day', 86_400],
        ['hour', 3_600],
        ['minute', 60],
      ] as const
      const [unit, size] = units.find(([, step]) => seconds % step === 0) ?? ['second', 1]
      const options = { style: 'unit', unit, unitDisplay: 'long' } as const
      return new Intl.NumberFormat(language, options).format(seconds / size)
    },
    bytes(value) {
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
      const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3))
      const unit = units[step] ?? 'byte'
      const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: step > 1 ? 1 : 0 } as const
      return new Intl.NumberFormat(language, options).format(value / 1_000 ** step)
    },
  }
}

/** Tells the day of a moment, here: `2026-11-29`. */
export function dayOf(at: string | Date): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
}

/** How many midnights lie between a moment and now. */
export function daysBefore(at: string | Date, now = new Date()): number {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  return Math.round((midnight(now) - midnight(new Date(at))) / dayMs)
}

function isThisYear(at: string | Date): boolean {
  return new Date(at).getFullYear() === new Date().getFullYear()
}
