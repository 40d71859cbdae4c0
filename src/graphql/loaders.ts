import DataLoader from 'dataloader'
import type { Context } from './context.ts'

/** Loads rows by their keys: one value for each key, in the order of the keys. */
export type LoadMany<Value> = (context: Context, keys: readonly string[]) => Promise<readonly Value[]>

/**
 * Loads one value; all that are asked for in one tick come with one call of `loadMany`.
 *
 * The values live as long as the context's loaders: one operation, or one page of events.
 */
export function load<Value>(context: Context, loadMany: LoadMany<Value>, key: string): Promise<Value> {
  let loader = context.loaders.get(loadMany) as DataLoader<string, Value> | undefined
  if (!loader) {
    loader = new DataLoader<string, Value>((keys) => loadMany(context, keys) as Promise<Value[]>)
    context.loaders.set(loadMany, loader as DataLoader<string, unknown>)
  }
  return loader.load(key)
}

/** Puts rows in the order of their keys, with null for those that are missing. */
export function inOrder<Row>(keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): (Row | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  return keys.map((key) => byKey.get(key) ?? null)
}
