/** A stretch of numbers, both ends included. */
export type Range = readonly [from: number, to: number]

/** Adds a stretch to stretches that are in order and apart. */
export function addRange(ranges: readonly Range[], [from, to]: Range): readonly Range[] {
  if (from > to) return ranges
  const before = ranges.filter((range) => range[1] < from - 1)
  const after = ranges.filter((range) => range[0] > to + 1)
  const touching = ranges.slice(before.length, ranges.length - after.length)
  const merged: Range = [Math.min(from, touching[0]?.[0] ?? from), Math.max(to, touching.at(-1)?.[1] ?? to)]
  return [...before, merged, ...after]
}

/** Makes stretches of numbers, each given once, in any order. */
export function rangesOf(numbers: readonly number[]): readonly Range[] {
  const ranges: [from: number, to: number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges
}

/** Keeps of stretches what is inside of another one. */
function clipRanges(ranges: readonly Range[], [from, to]: Range): readonly Range[] {
  return ranges.flatMap((range) => {
    const clipped: Range = [Math.max(range[0], from), Math.min(range[1], to)]
    return clipped[0] <= clipped[1] ? [clipped] : []
  })
}

/** Tells whether a number is in one of the stretches. */
export function hasNumber(ranges: readonly Range[], number: number): boolean {
  return rangeAt(ranges, number) !== undefined
}

/** Returns the stretch that has a number. */
export function rangeAt(ranges: readonly Range[], number: number): Range | undefined {
  return ranges.find((range) => range[0] <= number && number <= range[1])
}

/** The stretches inside of another one that are not there. */
export function gapsIn(ranges: readonly Range[], [from, to]: Range): readonly Range[] {
  const gaps: Range[] = []
  let next = from
  for (const range of clipRanges(ranges, [from, to])) {
    if (range[0] > next) gaps.push([next, range[0] - 1])
    next = range[1] + 1
  }
  return next <= to ? [...gaps, [next, to]] : gaps
}

/** How many numbers there are. */
export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, range) => sum + range[1] - range[0] + 1, 0)
}
