/** The middle of some numbers; the mean of the two middle ones where their count is even. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which a share of some numbers lies, interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}
