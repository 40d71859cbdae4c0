import type { ReactNode, Ref } from 'react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './operator.module.css'
import type { Pages } from './use-pages.ts'

interface PagedListProps<Node> {
  label: string
  pages: Pages<Node>
  /** The text of an empty list. */
  none: string
  children: (node: Node) => ReactNode
  ref?: Ref<HTMLUListElement>
}

/** A list, and a button that shows more of it. */
export function PagedList<Node extends { readonly id: string }>({
  label,
  pages,
  none,
  children,
  ref,
}: PagedListProps<Node>) {
  const t = useText()
  const { nodes, error, isLoading, isLoaded, hasMore, loadMore } = pages
  return (
    <>
      <ErrorText error={error} />
      {/* takes the focus when the entry is gone that had it */}
      <ul ref={ref} tabIndex={-1} className={styles.list} aria-label={label} aria-busy={isLoading}>
        {nodes.map((node) => (
          <li key={node.id}>{children(node)}</li>
        ))}
      </ul>
      {isLoaded && nodes.length === 0 && !hasMore && (
        <p role="status" className={styles.none}>
          {none}
        </p>
      )}
      {hasMore && (
        <Button look="quiet" isBusy={isLoading} onClick={loadMore}>
          {t('more')}
        </Button>
      )}
    </>
  )
}
