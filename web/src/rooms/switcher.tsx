import { useRooms } from 'kabar-client/react'
import { Search } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import styles from './switcher.module.css'

const shownMax = 8

/** Goes to a room by a few letters of its name. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const t = useText()
  const id = useId()
  const { go } = useRouter()
  const { rooms } = useRooms()
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const wanted = search.trim().toLocaleLowerCase()
  const found = rooms.filter(({ title }) => title.toLocaleLowerCase().includes(wanted)).slice(0, shownMax)
  const count = found.length + 1
  const choose = (index: number) => {
    onClose()
    const room = found[index]?.room
    go(room ? `/r/${room.code}` : '/search')
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((at + 1) % count)
    else if (event.key === 'ArrowUp') setAt((at + count - 1) % count)
    else if (event.key === 'Enter') choose(at)
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={t('switcher.title')} onClose={onClose}>
      <input
        className={styles.search}
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={`${id}-${at}`}
        aria-label={t('switcher.label')}
        placeholder={t('switcher.label')}
        autoFocus
        autoComplete="off"
        value={search}
        onChange={({ target }) => {
          setSearch(target.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <div id={id} role="listbox" aria-label={t('rooms.mine')} tabIndex={-1} className={styles.list}>
        {found.map(({ id: roomId, title, room, other }, index) => (
          <Option key={roomId} id={`${id}-${index}`} isActive={index === at} onChoose={() => choose(index)}>
            <Avatar
              of={{ id: other?.id ?? roomId, name: title || t('rooms.unnamed') }}
              size={28}
              isRoom={room.kind === 'GROUP'}
            />
            <span>{title || t('rooms.unnamed')}</span>
          </Option>
        ))}
        <Option id={`${id}-${found.length}`} isActive={at === found.length} onChoose={() => choose(found.length)}>
          <Search size={18} aria-hidden />
          <span>{t('search.title')}</span>
        </Option>
      </div>
    </Dialog>
  )
}

interface OptionProps {
  id: string
  isActive: boolean
  onChoose: () => void
  children: ReactNode
}

function Option({ id, isActive, onChoose, children }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are those of the field above
    <div id={id} role="option" tabIndex={-1} aria-selected={isActive} className={styles.option} onClick={onChoose}>
      {children}
    </div>
  )
}
