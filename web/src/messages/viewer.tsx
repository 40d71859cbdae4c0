import type { Attachment } from 'kabar-client'
import { ChevronLeft, ChevronRight, Download, ZoomIn, ZoomOut } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './viewer.module.css'

interface ViewerProps {
  pictures: readonly Attachment[]
  first: number
  onClose: () => void
}

/** Pictures as large as the window, and larger: arrows go on, plus and minus zoom. */
export function Viewer({ pictures, first, onClose }: ViewerProps) {
  const t = useText()
  const [at, setAt] = useState(first)
  const [isZoomed, setIsZoomed] = useState(false)
  const picture = pictures[at]
  const go = (step: number) => {
    setAt((before) => Math.max(0, Math.min(pictures.length - 1, before + step)))
    setIsZoomed(false)
  }
  const press = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      '+': () => setIsZoomed(true),
      '-': () => setIsZoomed(false),
    }
    actions[event.key]?.()
  }
  if (!picture?.url) return null
  return (
    <Dialog title={picture.name} size="full" onClose={onClose}>
      <div className={styles.stage} onKeyDown={press} data-zoomed={isZoomed || undefined}>
        <button
          type="button"
          className={styles.picture}
          onClick={() => setIsZoomed(!isZoomed)}
          autoFocus
          aria-label={t(isZoomed ? 'viewer.zoomOut' : 'viewer.zoomIn')}
        >
          <img
            src={picture.url}
            alt={picture.name}
            width={picture.width ?? undefined}
            height={picture.height ?? undefined}
          />
        </button>
        <div className={styles.bar}>
          {pictures.length > 1 && (
            <IconButton label={t('viewer.before')} disabled={at === 0} onClick={() => go(-1)}>
              <ChevronLeft size={24} />
            </IconButton>
          )}
          <IconButton label={t(isZoomed ? 'viewer.zoomOut' : 'viewer.zoomIn')} onClick={() => setIsZoomed(!isZoomed)}>
            {isZoomed ? <ZoomOut size={20} /> : <ZoomIn size={20} />}
          </IconButton>
          <a
            href={picture.url}
            download={picture.name}
            className={styles.download}
            aria-label={t('viewer.download')}
            title={t('viewer.download')}
          >
            <Download size={20} />
          </a>
          {pictures.length > 1 && (
            <IconButton label={t('viewer.next')} disabled={at === pictures.length - 1} onClick={() => go(1)}>
              <ChevronRight size={24} />
            </IconButton>
          )}
        </div>
      </div>
    </Dialog>
  )
}
