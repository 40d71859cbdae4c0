import { ApolloLink, Observable } from '@apollo/client'
import { print } from 'graphql'
import type { Kabar } from '../api/kabar.ts'
import { forward } from '../cache/forward.ts'

/**
 * Makes the link of an Apollo client, over the session of a Kabar client.
 *
 * Subscriptions go on after the last event: select `cursor` of each event, and give `after` as a variable.
 */
export function kabarLink(kabar: Kabar): ApolloLink {
  return new ApolloLink(({ query, variables, operationType }) => {
    const operation = { kind: String(operationType), text: print(query), variables: { ...variables } }
    return new Observable<ApolloLink.Result>((observer) =>
      forward(kabar, operation, {
        next: (result) => observer.next(result as ApolloLink.Result),
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
      }),
    )
  })
}
