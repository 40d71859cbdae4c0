import { Dialog } from './dialog.tsx'
import { useText } from './locale.tsx'
import styles from './shortcuts.module.css'
import type { TextKey } from './translate.ts'

const keys: readonly (readonly [keys: string, text: TextKey])[] = [
  ['Ctrl K', 'shortcuts.switcher'],
  ['F6', 'shortcuts.regions'],
  ['?', 'shortcuts.help'],
  ['Enter', 'shortcuts.send'],
  ['Shift Enter', 'shortcuts.newLine'],
  ['↑', 'shortcuts.editLast'],
  ['Esc', 'shortcuts.escape'],
  ['Page Up · Page Down', 'shortcuts.messages'],
  ['End', 'shortcuts.latest'],
]

/** Which keys do what. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useText()
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose}>
      <dl className={styles.list}>
        {keys.map(([pressed, text]) => (
          <div key={text}>
            <dt>{t(text)}</dt>
            <dd>
              <kbd>{pressed}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
