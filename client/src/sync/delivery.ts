import { bounds } from '../config.ts'
import type { RoomData } from '../store/room-data.ts'
import type { SyncParts } from './parts.ts'

/** Tells the server which messages have reached this device. */
export interface Delivery {
  reached(data: RoomData): void
  close(): void
}

/** Makes the teller of one room. It waits a moment, and tells the newest number. */
export function createDelivery(roomId: string, { outbox }: SyncParts): Delivery {
  let told = 0
  let isClosed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    reached(data) {
      const membership = data.viewer?.viewerMembership
      const known = Math.max(told, membership?.lastDeliveredNumber ?? 0, membership?.lastReadNumber ?? 0)
      if (timer || isClosed || !membership || (data.room?.messageCount ?? 0) <= known) return
      timer = setTimeout(() => {
        timer = undefined
        const number = data.room?.messageCount ?? 0
        const newest = data.messages.get(number)
        told = number
        // one's own message is read by oneself
        if (newest && newest.author?.id === data.viewerId) return
        outbox.add(roomId, { kind: 'delivered', number }).catch(() => {})
      }, 10 * bounds.refreshMs)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
