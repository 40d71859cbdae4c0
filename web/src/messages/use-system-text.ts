import { useCallback } from 'react'
import { useText } from '../shell/locale.tsx'
import type { TextKey } from '../shell/translate.ts'

interface SystemMessage {
  readonly action?: string | null
  readonly body: string
  readonly actor?: { readonly id: string; readonly displayName: string } | null
  readonly subject?: { readonly id: string; readonly displayName: string } | null
}

const texts: Readonly<Record<string, TextKey>> = {
  ADDED: 'system.ADDED',
  ARCHIVED: 'system.ARCHIVED',
  BANNED: 'system.BANNED',
  JOINED: 'system.JOINED',
  LEFT: 'system.LEFT',
  OWNER_CHANGED: 'system.OWNER_CHANGED',
  REMOVED: 'system.REMOVED',
  RENAMED: 'system.RENAMED',
  UNARCHIVED: 'system.UNARCHIVED',
}

/** Gives what a system message tells of, in the language of the pages. */
export function useSystemText(): (message: SystemMessage, viewerId: string) => string {
  const t = useText()
  return useCallback(
    ({ action, body, actor, subject }, viewerId) => {
      const key = action ? texts[action] : undefined
      if (!key) return body
      const nameOf = (user: SystemMessage['actor']) =>
        user ? (user.id === viewerId ? t('you') : user.displayName) : t('somebody')
      return t(key, { author: nameOf(actor), subject: nameOf(subject) })
    },
    [t],
  )
}
