import { Fragment } from 'react'

/** Shows facts in one line. Each keeps the direction of its own language. */
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
