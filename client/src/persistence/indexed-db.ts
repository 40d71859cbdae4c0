import type { PersistedTables, Persistence, TableChange, TableName } from './persistence.ts'

const tableNames: readonly TableName[] = ['rooms', 'messages', 'viewer', 'outbox']
/** The version of the tables. Those of another version are dropped, never migrated. */
const version = 1
const afterAll = '\uffff'

/** How IndexedDB is used. */
export interface IndexedDbOptions {
  /** The first part of the names of the databases. */
  readonly name?: string
  /** Another IndexedDB than that of this browser. */
  readonly factory?: IDBFactory
}

/** Keeps rooms and unsent messages in IndexedDB, until the user signs out. */
export function indexedDb({ name = 'kabar', factory }: IndexedDbOptions = {}): Persistence {
  return {
    async open(scope) {
      // a browser that forbids it throws here
      const database = await openDatabase(factory ?? globalThis.indexedDB, `${name} ${scope}`)
      return tablesOf(database)
    },
  }
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version)
    request.onupgradeneeded = () => {
      const { result } = request
      for (const table of [...result.objectStoreNames]) result.deleteObjectStore(table)
      for (const table of tableNames) result.createObjectStore(table)
    }
    request.onsuccess = () => {
      const { result } = request
      // a newer version in another tab wants to open it
      result.onversionchange = () => result.close()
      resolve(result)
    }
    request.onerror = () => reject(request.error ?? new Error('IndexedDB does not open'))
    request.onblocked = () => reject(new Error('another tab has an older version of it open'))
  })
}

function tablesOf(database: IDBDatabase): PersistedTables {
  const read = (table: TableName) => database.transaction(table).objectStore(table)

  function change(transaction: IDBTransaction, made: TableChange): void {
    const store = transaction.objectStore(made.table)
    if ('prefix' in made) store.delete(IDBKeyRange.bound(made.prefix, made.prefix + afterAll))
    else if (made.value === undefined) store.delete(made.key)
    else store.put(made.value, made.key)
  }

  return {
    get: (table, key) => resultOf(read(table).get(key)),
    async all(table, prefix = '') {
      const store = read(table)
      const range = IDBKeyRange.bound(prefix, prefix + afterAll)
      const [keys, values] = await Promise.all([resultOf(store.getAllKeys(range)), resultOf(store.getAll(range))])
      return keys.map((key, index) => ({ key: typeof key === 'string' ? key : '', value: values[index] }))
    },
    write(changes) {
      const names = [...new Set(changes.map(({ table }) => table))]
      const transaction = database.transaction(names, 'readwrite', { durability: 'relaxed' })
      for (const made of changes) change(transaction, made)
      // without this the browser undoes what a page writes while it is left
      transaction.commit()
      return finished(transaction)
    },
    clear() {
      const transaction = database.transaction([...tableNames], 'readwrite')
      for (const table of tableNames) transaction.objectStore(table).clear()
      return finished(transaction)
    },
    close: () => database.close(),
  }
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB does not answer'))
  })
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB does not write'))
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB has given up a write'))
  })
}
