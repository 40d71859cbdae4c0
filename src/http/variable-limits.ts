import { operationLimits } from '../config/http.ts'
import { tooComplex } from './parsing.ts'

/**
 * Limits the variables of an operation before they are processed.
 *
 * It visits them without recursion, and stops at the limits.
 *
 * @throws AppError OPERATION_TOO_COMPLEX
 */
export function boundValues(variables: unknown): void {
  const { valuesMax, valueNestingMax } = operationLimits
  let count = 0
  let level: readonly unknown[] = [variables]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > valueNestingMax + 1)
      throw tooComplex(`Variables may be nested ${valueNestingMax} lists and objects deep.`)
    const below: unknown[] = []
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      const values = Array.isArray(value) ? value : Object.values(value)
      count += values.length
      if (count > valuesMax) throw tooComplex(`Variables may have ${valuesMax} values; these have more.`)
      for (const inner of values) below.push(inner)
    }
    level = below
  }
}
