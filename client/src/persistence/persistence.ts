/** Keeps records over reloads: tables of values by keys. A store that fails makes the client go on in memory. */
export interface Persistence {
  /** Opens what is kept for one account of one server. */
  open(scope: string): Promise<PersistedTables>
}

/** The tables of one account. */
export interface PersistedTables {
  /** Reads one value; undefined when there is none. */
  get(table: TableName, key: string): Promise<unknown>
  /** Reads all values of a table, or those whose keys begin with a prefix, in the order of their keys. */
  all(table: TableName, prefix?: string): Promise<{ readonly key: string; readonly value: unknown }[]>
  /**
   * Writes and deletes in one transaction. A value of undefined deletes; `prefix` deletes all keys that begin with it.
   * Calls do not wait for each other, and take effect in their order.
   */
  write(changes: readonly TableChange[]): Promise<void>
  /** Deletes everything of this account. */
  clear(): Promise<void>
  close(): void
}

/** Tables of the storage: rooms with cursors, messages, the viewer, unsent changes. */
export type TableName = 'rooms' | 'messages' | 'viewer' | 'outbox'

/** One change of a table. */
export type TableChange =
  | { readonly table: TableName; readonly key: string; readonly value: unknown }
  | { readonly table: TableName; readonly prefix: string }

/** Names what is kept for a user of a server. */
export const scopeOf = ({ url }: { readonly url: string }, userId: string) => `${url} ${userId}`
