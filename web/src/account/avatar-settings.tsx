import type { User } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { useRef } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import { cropSquare } from './crop-square.ts'
import { updateProfileMutation } from './operations.ts'
import styles from './settings.module.css'

/** The picture of the viewer: its middle, as a square. */
export function AvatarSettings({ user }: { user: User }) {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const input = useRef<HTMLInputElement>(null)
  const url = user.avatar && kabar.absoluteUrl(user.avatar.url)
  const choose = (avatarId: string | null) => kabar.mutate(updateProfileMutation, { input: { avatarId } })
  const upload = (file: File) =>
    void work.run(async () => {
      const media = await kabar.upload(await cropSquare(file), { name: 'avatar.webp' }).done
      await choose(media.id)
    })
  return (
    <div className={styles.avatar}>
      <Avatar of={{ id: user.id, name: user.displayName, url }} size={88} />
      <Button isBusy={work.isBusy} onClick={() => input.current?.click()}>
        {t('account.changeAvatar')}
      </Button>
      {user.avatar && (
        <Button look="quiet" onClick={() => void work.run(() => choose(null))}>
          {t('account.removeAvatar')}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file) upload(file)
          target.value = ''
        }}
      />
      <ErrorText error={work.error} />
    </div>
  )
}
