import type { PersistedTables, Persistence, TableName } from './persistence.ts'

/** Keeps records in memory, as long as this object lives. For tests. */
export function memoryPersistence(): Persistence {
  const scopes = new Map<string, Map<string, unknown>>()
  const keyOf = (table: TableName, key: string) => `${table} ${key}`
  return {
    async open(scope): Promise<PersistedTables> {
      const records = scopes.get(scope) ?? new Map<string, unknown>()
      scopes.set(scope, records)
      const named = (table: TableName, prefix: string) =>
        [...records.keys()].filter((key) => key.startsWith(keyOf(table, prefix))).sort()
      return {
        get: async (table, key) => records.get(keyOf(table, key)),
        all: async (table, prefix = '') =>
          named(table, prefix).map((key) => ({ key: key.slice(table.length + 1), value: records.get(key) })),
        async write(changes) {
          for (const change of changes) {
            if ('prefix' in change) for (const key of named(change.table, change.prefix)) records.delete(key)
            else if (change.value === undefined) records.delete(keyOf(change.table, change.key))
            // a copy, as a database would keep it
            else records.set(keyOf(change.table, change.key), structuredClone(change.value))
          }
        },
        clear: async () => records.clear(),
        close() {},
      }
    },
  }
}
