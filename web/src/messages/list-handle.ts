/** Commands to the list of messages. */
export interface ListHandle {
  /** Brings a message to a fifth from the top, and lights it up. */
  jump(number: number): void
  toEnd(): void
}
