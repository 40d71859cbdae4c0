// The columns of models, for statements in SQL: Prisma has their fields, and each column is its field in snake case.

import { Prisma } from '../generated/prisma/client.ts'

/** The fields of a model, such as `Prisma.UserScalarFieldEnum`. */
export type ModelFields<Field extends string = string> = Readonly<Record<Field, Field>>

/** Options of `columnsOf`. */
export interface ColumnOptions<Field extends string> {
  /** Stands before the name of each column in the row, such as `author.`. */
  readonly prefix?: string
  /** Expressions without values in place of columns. */
  readonly computed?: { readonly [Name in Field]?: Prisma.Sql }
  /** Fields that the statement selects otherwise. */
  readonly without?: readonly Field[]
}

/**
 * Lists the columns of a model, each named for its field.
 *
 * For example `users.display_name as "displayName"`.
 */
export function columnsOf<Field extends string>(
  table: string,
  fields: ModelFields<Field>,
  { prefix = '', computed = {}, without = [] }: ColumnOptions<Field> = {},
): Prisma.Sql {
  const expressions: { readonly [Name in Field]?: Prisma.Sql } = computed
  const columns = Object.values<Field>(fields)
    .filter((field) => !without.includes(field))
    .map((field) => {
      const value = expressions[field] ?? Prisma.raw(`${table}.${columnOf(field)}`)
      return Prisma.sql`${value} as ${Prisma.raw(`"${prefix}${field}"`)}`
    })
  // one text, so that statements are put together quickly
  return Prisma.raw(Prisma.join(columns, ', ').sql)
}

/** The name of a field's column: `displayName` is in `display_name`. */
function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Returns a function that takes the fields of a model out of a row. */
export function rowTaker<Row>(
  fields: ModelFields,
  { prefix = '' }: Pick<ColumnOptions<string>, 'prefix'> = {},
): (row: object) => Row {
  const names = Object.values(fields).map((field) => [field, `${prefix}${field}`] as const)
  return (row) => {
    const taken: Record<string, unknown> = {}
    for (const [field, column] of names) taken[field] = Reflect.get(row, column)
    // the caller names the model whose fields these are
    return taken as Row
  }
}
