import { Fragment } from 'react'

/** What is known of something, in one line. Each fact keeps the direction of its own language. */
export function Facts({ facts }: { facts: readonly (string | null | false)[] }) {
  return (
    <small>
      {facts
        .filter((fact) => !!fact)
        .map((fact, index) => (
          <Fragment key={String(fact)}>
            {index > 0 && ' · '}
            <bdi>{fact}</bdi>
          </Fragment>
        ))}
    </small>
  )
}
