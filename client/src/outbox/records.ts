import type { StoredMessage } from '../api/entities.ts'
import { KabarError, type KabarErrorCode } from '../errors.ts'

/** A file that waits to be uploaded, or is. */
export interface OutboxFile {
  readonly file: Blob
  readonly name: string
  /** Null until the server has announced it. */
  readonly mediaId: string | null
  readonly uploadUrl: string | null
  /** True if its bytes have arrived. */
  readonly isUploaded: boolean
}

/** A change that is to be made at the server. */
export type Change =
  | {
      readonly kind: 'send'
      readonly body: string
      readonly replyToId: string | null
      readonly attachmentIds: readonly string[]
      readonly files: readonly OutboxFile[]
    }
  | { readonly kind: 'edit'; readonly messageId: string; readonly body: string }
  | { readonly kind: 'delete' | 'pin' | 'unpin' | 'save' | 'unsave'; readonly messageId: string }
  | { readonly kind: 'react' | 'unreact'; readonly messageId: string; readonly emoji: string }
  | { readonly kind: 'read' | 'unread' | 'delivered'; readonly number: number }

/** A change with its place in the outbox. It is plain data, so that it can be kept. */
export interface OutboxRecord {
  /** In order of these, records of one room are made. */
  readonly key: string
  readonly roomId: string
  /** The tab that made it. Another takes it over when that one is gone. */
  readonly tabId: string
  readonly nonce: string
  readonly createdAt: string
  readonly change: Change
  /** `done`: the server has it, and the store does not show it yet. */
  readonly state: 'waiting' | 'failed' | 'done'
  readonly tries: number
  readonly error: KeptError | null
  /** The server's answer, once it is done. */
  readonly answer: StoredMessage | null
  /** From 0 to 1, of its uploads. */
  readonly progress: number
}

/** A KabarError as plain data. */
export interface KeptError {
  readonly code: KabarErrorCode
  readonly message: string
  readonly retryAfterMs: number | null
  readonly fields: KabarError['fields']
  readonly requestId: string | null
}

/** Makes plain data of an error. */
export function keepError({ code, message, retryAfterMs, fields, requestId }: KabarError): KeptError {
  return { code, message, retryAfterMs, fields, requestId }
}

/** Makes an error of plain data. */
export function thrownOf({ code, message, ...more }: KeptError): KabarError {
  return new KabarError(code, message, more)
}

/** Makes keys that grow, although the clock may be set back. */
export function createKeys(tabId: string): { next(): string; after(key: string): void } {
  let last = 0
  return {
    next() {
      last = Math.max(Date.now(), last + 1)
      return `${last.toString(36).padStart(10, '0')} ${tabId}`
    },
    after(key) {
      last = Math.max(last, Number.parseInt(key, 36) || 0)
    },
  }
}
