import { ArrowLeft, ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import { useText } from './locale.tsx'
import styles from './page-header.module.css'
import { useRouter } from './router.tsx'

/** The name of a page, and on phones the way back. */
export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  const t = useText()
  const { go } = useRouter()
  const isRightToLeft = document.documentElement.dir === 'rtl'
  return (
    <header className={styles.header}>
      <IconButton label={t('back')} className={styles.back} onClick={() => go('/')}>
        {isRightToLeft ? <ArrowRight size={20} /> : <ArrowLeft size={20} />}
      </IconButton>
      <h1>{title}</h1>
      {children}
    </header>
  )
}
