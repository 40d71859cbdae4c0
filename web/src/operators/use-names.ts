import { useText } from '../shell/locale.tsx'
import type { NamedUser, OperatorRoom } from './operations.ts'

/** Gives the words for users and rooms. */
export function useNames(): {
  /** The name that others see, and the one that is theirs alone. */
  ofUser(user: NamedUser | null): string
  ofRoom(room: Pick<OperatorRoom, 'name' | 'kind'>): string
} {
  const t = useText()
  return {
    ofUser(user) {
      if (!user) return t('operator.server')
      return `${user.displayName} (${user.username === null ? t('profile.guest') : `@${user.username}`})`
    },
    ofRoom: ({ name, kind }) => name ?? (kind === 'DIRECT' ? t('operator.inDirect') : t('rooms.unnamed')),
  }
}
