// Shows changes of messages before the server has made them.

import type { StoredMessage } from '../api/entities.ts'
import type { OutboxRecord } from '../outbox/records.ts'

/** The changes that are on their way, by the message that they change. */
export function overlaysOf(records: readonly OutboxRecord[]): Map<string, readonly OutboxRecord[]> {
  const overlays = new Map<string, readonly OutboxRecord[]>()
  for (const record of records) {
    if (!('messageId' in record.change)) continue
    const { messageId } = record.change
    overlays.set(messageId, [...(overlays.get(messageId) ?? []), record])
  }
  return overlays
}

/** Shows a message as it will be. What failed is not shown. */
export function applyOptimistically(message: StoredMessage, { change, state, createdAt }: OutboxRecord): StoredMessage {
  if (state !== 'waiting') return message
  switch (change.kind) {
    case 'edit':
      return { ...message, body: change.body, editedAt: createdAt }
    case 'delete':
      return {
        ...message,
        body: '',
        deletedAt: createdAt,
        ...{ attachments: [], reactions: [], mentions: [], mentionedGroup: null },
        pinnedAt: null,
      }
    case 'pin':
      return { ...message, pinnedAt: message.pinnedAt ?? createdAt }
    case 'unpin':
      return { ...message, pinnedAt: null }
    case 'save':
    case 'unsave':
      return { ...message, isSaved: change.kind === 'save' }
    case 'react':
    case 'unreact':
      return { ...message, reactions: reacted(message.reactions, change) }
    case 'send':
    case 'read':
    case 'unread':
    case 'delivered':
      return message
  }
}

function reacted(
  groups: StoredMessage['reactions'],
  { kind, emoji }: { kind: string; emoji: string },
): StoredMessage['reactions'] {
  const group = groups.find((other) => other.emoji === emoji)
  const wants = kind === 'react'
  if ((group?.viewerHasReacted ?? false) === wants) return groups
  if (!group) return [...groups, { emoji, count: 1, viewerHasReacted: true }]
  const changed = { ...group, count: group.count + (wants ? 1 : -1), viewerHasReacted: wants }
  return groups.flatMap((other) => (other !== group ? [other] : changed.count > 0 ? [changed] : []))
}
