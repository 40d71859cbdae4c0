import { Check, Copy } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './share.module.css'

const QrCode = lazy(() => import('./qr-code.tsx').then(({ QrCode: code }) => ({ default: code })))

/** The code of a room and the link to it, to be copied or scanned. */
export function Share({ room }: { room: { code: string } }) {
  const t = useText()
  const link = `${location.origin}/j/${room.code}`
  return (
    <div className={styles.share}>
      <p>{t('share.about')}</p>
      <CopyLine label={t('share.code')} text={room.code} isLarge />
      <CopyLine label={t('share.link')} text={link} />
      <Suspense fallback={<div className={styles.qr} />}>
        <QrCode text={link} label={t('share.qr', { code: room.code })} className={styles.qr} />
      </Suspense>
    </div>
  )
}

/** A line of text, and a button that copies it. */
export function CopyLine({ label, text, isLarge = false }: { label: string; text: string; isLarge?: boolean }) {
  const t = useText()
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text).catch(() => {})
    setIsCopied(true)
    setTimeout(() => setIsCopied(false), 2_000)
  }
  return (
    <div className={styles.line}>
      <span className={styles.label}>{label}</span>
      <output className={isLarge ? styles.code : styles.text} dir="ltr">
        {text}
      </output>
      <IconButton label={isCopied ? t('copied') : t('copy.what', { what: label })} onClick={() => void copy()}>
        {isCopied ? <Check size={18} /> : <Copy size={18} />}
      </IconButton>
    </div>
  )
}
