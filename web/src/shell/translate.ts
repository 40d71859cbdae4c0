import type en from './catalogs/en.json'
import type { TextValues } from './text-format.ts'

/** A key of the catalogs. */
export type TextKey = keyof typeof en

/** Gives a text of the catalog, filled with values. */
export type Translate = (key: TextKey, values?: TextValues) => string
