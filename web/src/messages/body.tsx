import { Fragment, memo, type ReactNode, useMemo } from 'react'
import styles from './body.module.css'
import { type Block, type Inline, isOnlyEmoji, parseMarkdown } from './markdown.ts'

interface BodyProps {
  text: string
  /** The usernames that the server found to be mentions; others stay text. */
  mentions: ReadonlyMap<string, string>
  /** Whose mention stands out. */
  viewerName?: string | null | undefined
  /** Stands at the end of the last line. */
  suffix?: ReactNode
  /** Words that a search has found. */
  highlight?: string | undefined
}

/** Shows the text of a message: a tree of elements, never HTML. */
export const Body = memo(function Body({ text, mentions, viewerName, suffix, highlight }: BodyProps) {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  if (isOnlyEmoji(text)) {
    return (
      <p>
        <span className={styles.large}>{text.trim()}</span> {suffix}
      </p>
    )
  }
  const context = { mentions, viewerName, words: wordsOf(highlight) }
  const endsInText = blocks.at(-1)?.kind === 'paragraph'
  return (
    <div className={styles.body}>
      {blocks.map((block, index) =>
        renderBlock(block, index, context, endsInText && index === blocks.length - 1 ? suffix : null),
      )}
      {!endsInText && suffix}
    </div>
  )
})

interface Context {
  mentions: ReadonlyMap<string, string>
  viewerName?: string | null | undefined
  words: RegExp | null
}

function renderBlock(block: Block, key: number, context: Context, suffix: ReactNode = null): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p key={key} dir="auto">
          {renderInlines(block.children, context)} {suffix}
        </p>
      )
    case 'code':
      return (
        <pre key={key} dir="ltr">
          <code>{block.text}</code>
        </pre>
      )
    case 'quote':
      return (
        <blockquote key={key}>{block.children.map((child, index) => renderBlock(child, index, context))}</blockquote>
      )
    case 'list': {
      const items = block.items.map((item, index) => <li key={index}>{renderInlines(item, context)}</li>)
      return block.start === null ? (
        <ul key={key}>{items}</ul>
      ) : (
        <ol key={key} start={block.start}>
          {items}
        </ol>
      )
    }
  }
}

function renderInlines(inlines: readonly Inline[], context: Context): ReactNode {
  return inlines.map((inline, index) => {
    return <Fragment key={index}>{renderInline(inline, context)}</Fragment>
  })
}

function renderInline(inline: Inline, context: Context): ReactNode {
  switch (inline.kind) {
    case 'text':
      return context.words ? mark(inline.text, context.words) : inline.text
    case 'code':
      return <code dir="ltr">{inline.text}</code>
    case 'bold':
      return <strong>{renderInlines(inline.children, context)}</strong>
    case 'italic':
      return <em>{renderInlines(inline.children, context)}</em>
    case 'strike':
      return <s>{renderInlines(inline.children, context)}</s>
    case 'link':
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow" title={inline.href}>
          {renderInlines(inline.children, context)}
        </a>
      )
    case 'mention': {
      const name = context.mentions.get(inline.username.toLowerCase())
      if (name === undefined) return `@${inline.username}`
      const isViewer = inline.username.toLowerCase() === context.viewerName
      return <span className={isViewer ? styles.mine : styles.mention}>@{name}</span>
    }
  }
}

function wordsOf(search: string | undefined): RegExp | null {
  const words = search?.split(/\s+/).filter((word) => word.length > 1) ?? []
  if (words.length === 0) return null
  return new RegExp(`(${words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'giu')
}

function mark(text: string, words: RegExp): ReactNode {
  return text.split(words).map((part, index) => {
    // every second part is a word that was found
    return index % 2 === 1 ? <mark key={index}>{part}</mark> : part
  })
}
