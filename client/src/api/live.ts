/** A value that changes, as `useSyncExternalStore` takes it. */
export interface Live<T> {
  /** The value now. It is the same object until something in it changes. */
  getSnapshot(): T
  /** Calls a listener after each change. Returns how to stop that. */
  subscribe(listener: () => void): () => void
}
