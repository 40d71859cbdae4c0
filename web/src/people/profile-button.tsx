import type { User } from 'kabar-client'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import styles from './profile-button.module.css'

const Profile = lazy(() => import('./profile.tsx').then(({ Profile: dialog }) => ({ default: dialog })))

interface ProfileButtonProps {
  user: Pick<User, 'id' | 'displayName'> | null
  className?: string | undefined
  children: ReactNode
}

/** A name or a picture that opens the profile behind it. */
export function ProfileButton({ user, className, children }: ProfileButtonProps) {
  const [isOpen, setIsOpen] = useState(false)
  const classes = `${styles.button} ${className ?? ''}`
  if (!user) return <span className={classes}>{children}</span>
  return (
    <>
      <button type="button" className={classes} onClick={() => setIsOpen(true)} aria-label={user.displayName}>
        {children}
      </button>
      {isOpen && (
        <Suspense>
          <Profile userId={user.id} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
