import { createLoader, type Loaded, type Loader } from '../concurrency/loader.ts'
import type { Context } from './context.ts'

/** Loads rows by their keys, one value for each key, in their order. */
export type LoadMany<Value> = (context: Context, keys: readonly string[]) => Promise<readonly Value[]>

/**
 * Loads one value. All values requested in one tick share one call of `loadMany`.
 *
 * The values live as long as the context's loaders: one operation, or one page of events.
 */
export function load<Value>(context: Context, loadMany: LoadMany<Value>, key: string): Loaded<Value> {
  return loaderOf(context, loadMany).load(key)
}

/** Adds a value that another query has read to a loader. Known values stay. */
export function prime<Value>(context: Context, loadMany: LoadMany<Value>, key: string, value: Value): void {
  loaderOf(context, loadMany).prime(key, value)
}

function loaderOf<Value>(context: Context, loadMany: LoadMany<Value>): Loader<Value> {
  let loader = context.loaders.get(loadMany)
  if (!loader) {
    loader = createLoader<unknown>((keys) => loadMany(context, keys))
    context.loaders.set(loadMany, loader)
  }
  // the key of the map is the function that loads the values
  return loader as Loader<Value>
}
