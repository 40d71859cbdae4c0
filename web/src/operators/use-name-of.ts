import { useText } from '../shell/locale.tsx'
import type { NamedUser } from './operations.ts'

/** Gives the words for a user: the name that others see, and what is theirs alone. */
export function useNameOf(): (user: NamedUser | null) => string {
  const t = useText()
  return (user) => {
    if (!user) return t('operator.server')
    if (user.username === null) return `${user.displayName} (${t('profile.guest')})`
    return `${user.displayName} (@${user.username})`
  }
}
