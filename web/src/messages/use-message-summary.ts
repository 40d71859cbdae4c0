import type { RoomSummary } from 'kabar-client'
import { useCallback } from 'react'
import { useText } from '../shell/locale.tsx'
import { useSystemText } from './use-system-text.ts'

type Last = NonNullable<RoomSummary['room']['lastMessage']>

/** Gives a message as one line of a list: `Ada: See you at eight.` */
export function useMessageSummary(): (message: Last, at: { viewerId: string; isDirect: boolean }) => string {
  const t = useText()
  const systemText = useSystemText()
  return useCallback(
    (message, { viewerId, isDirect }) => {
      const { author } = message
      if (message.kind === 'SYSTEM') return systemText(message, viewerId)
      if (message.isHidden) return t('message.hidden')
      if (message.deletedAt) return t('message.deleted')
      const [first] = message.attachments
      const attached = first ? t(`attachment.${first.kind}`) : ''
      const says = message.body.replaceAll(/\s+/g, ' ').trim() || attached
      if (author?.id === viewerId) return t('message.youSaid', { text: says })
      return isDirect || !author ? says : t('message.said', { name: author.displayName, text: says })
    },
    [t, systemText],
  )
}
