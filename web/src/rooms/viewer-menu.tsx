import { useAccount, useKabar, useSession } from 'kabar-client/react'
import { LogOut, Settings, ShieldCheck, UserRoundPlus } from 'lucide-react'
import { useState } from 'react'
import { SignOut } from '../account/sign-out.tsx'
import { useIsOperator } from '../operators/use-is-operator.ts'
import { Avatar } from '../shell/avatar.tsx'
import { useText } from '../shell/locale.tsx'
import { Menu } from '../shell/menu.tsx'
import { Link, useRouter } from '../shell/router.tsx'
import { useViewer } from '../shell/viewer.tsx'
import styles from './viewer-menu.module.css'

/** Shows the signed-in user, and the menu of their account. */
export function ViewerMenu() {
  const t = useText()
  const kabar = useKabar()
  const viewer = useViewer()
  const session = useSession()
  const { user, hasPassword } = useAccount()
  const { isOperator } = useIsOperator()
  const { go } = useRouter()
  const [isLeaving, setIsLeaving] = useState(false)
  const isGuest = user?.isGuest ?? viewer.isGuest
  const name = user?.displayName ?? viewer.displayName
  const url = user?.avatar?.thumbnailUrl ?? user?.avatar?.url
  const leave = () => {
    // a guest without a password does not come back
    if (isGuest && !hasPassword) setIsLeaving(true)
    else void session.signOut()
  }
  return (
    <div className={styles.viewer}>
      <Link to="/" className={styles.name} title={t('home.title')}>
        <Avatar of={{ id: viewer.id, name, url: url && kabar.absoluteUrl(url) }} size={32} />
        <span>{name}</span>
      </Link>
      <Menu
        label={t('account.menu')}
        icon={<Settings size={20} />}
        items={[
          isGuest && {
            label: t('account.upgrade'),
            icon: <UserRoundPlus size={18} />,
            onChoose: () => go('/settings/account'),
          },
          { label: t('settings.title'), icon: <Settings size={18} />, onChoose: () => go('/settings') },
          isOperator && {
            label: t('operator.title'),
            icon: <ShieldCheck size={18} />,
            onChoose: () => go('/operator'),
          },
          { label: t('account.signOut'), icon: <LogOut size={18} />, onChoose: leave },
        ]}
      />
      {isLeaving && <SignOut onClose={() => setIsLeaving(false)} />}
    </div>
  )
}
