import { useSession } from 'kabar-client/react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import styles from './sign-out.module.css'

/** Warns a guest: without an account there is no way back. */
export function SignOut({ onClose }: { onClose: () => void }) {
  const t = useText()
  const session = useSession()
  const { go } = useRouter()
  return (
    <Dialog title={t('account.signOut')} onClose={onClose}>
      <p>{t('account.guestLeaves')}</p>
      <div className={styles.actions}>
        <Button look="danger" onClick={() => void session.signOut()}>
          {t('account.signOutAnyway')}
        </Button>
        <Button
          look="primary"
          onClick={() => {
            onClose()
            go('/settings/account')
          }}
        >
          {t('account.upgrade')}
        </Button>
      </div>
    </Dialog>
  )
}
