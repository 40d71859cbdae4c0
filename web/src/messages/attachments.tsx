import type { Attachment, Message } from 'kabar-client'
import { FileDown, File as FileIcon } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useLocale } from '../shell/locale.tsx'
import styles from './attachments.module.css'

const Viewer = lazy(() => import('./viewer.tsx').then(({ Viewer: dialog }) => ({ default: dialog })))

const widthMax = 400
const heightMax = 320
const unknown = { width: 320, height: 200 }

/** The files of a message: pictures and films as such, the rest as cards. */
export function Attachments({ message }: { message: Message }) {
  const [viewed, setViewed] = useState<number | null>(null)
  const pictures = message.attachments.filter(({ kind, url }) => kind === 'IMAGE' && url)
  return (
    <div className={styles.attachments}>
      {message.attachments.map((attachment, index) => (
        <One key={index} attachment={attachment} onView={() => setViewed(pictures.indexOf(attachment))} />
      ))}
      {viewed !== null && (
        <Suspense>
          <Viewer pictures={pictures} first={viewed} onClose={() => setViewed(null)} />
        </Suspense>
      )}
    </div>
  )
}

function One({ attachment, onView }: { attachment: Attachment; onView: () => void }) {
  const { t } = useLocale()
  const { kind, url, thumbnailUrl, name } = attachment
  const size = shownSize(attachment)
  if (!url) return <Waiting attachment={attachment} />
  if (kind === 'IMAGE') {
    return (
      <button type="button" className={styles.picture} onClick={onView} aria-label={t('attachment.open', { name })}>
        <img
          src={size.width > 320 ? url : (thumbnailUrl ?? url)}
          alt={name}
          {...size}
          loading="lazy"
          decoding="async"
        />
      </button>
    )
  }
  if (kind === 'VIDEO') {
    // biome-ignore lint/a11y/useMediaCaption: who uploads a film has no captions for it
    return <video className={styles.film} src={url} controls preload="metadata" aria-label={name} />
  }
  if (kind === 'AUDIO') {
    return (
      <figure className={styles.sound}>
        <figcaption>{name}</figcaption>
        {/* biome-ignore lint/a11y/useMediaCaption: who uploads sound has no captions for it */}
        <audio src={url} controls preload="none" aria-label={name} />
      </figure>
    )
  }
  return <Card attachment={attachment} url={url} />
}

function Card({ attachment: { name, mimeType, bytes }, url }: { attachment: Attachment; url: string }) {
  const { format } = useLocale()
  return (
    <a className={styles.card} href={url} download={name}>
      <FileDown size={24} aria-hidden />
      <span>
        <b>{name}</b>
        <small>
          {format.bytes(bytes)} · {mimeType}
        </small>
      </span>
    </a>
  )
}

/** A file that is being uploaded. */
function Waiting({ attachment: { name, bytes, progress } }: { attachment: Attachment }) {
  const { t, format } = useLocale()
  return (
    <div className={styles.card}>
      <FileIcon size={24} aria-hidden />
      <span>
        <b>{name}</b>
        <small>{format.bytes(bytes)}</small>
        <progress max={1} value={progress} aria-label={t('attachment.uploading', { name })} />
      </span>
    </div>
  )
}

/** The size that a picture is shown at: known before it is loaded, so that nothing moves when it is. */
function shownSize({ width, height }: { width: number | null; height: number | null }) {
  if (!width || !height) return unknown
  const scale = Math.min(1, widthMax / width, heightMax / height)
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}
