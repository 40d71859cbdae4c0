import { type Exchange, subscriptionExchange } from '@urql/core'
import type { Kabar } from '../api/kabar.ts'
import { type ForwardSink, forward } from '../cache/forward.ts'

/**
 * Makes the last exchange of an urql client, over the session of a Kabar client.
 *
 * Subscriptions go on after the last event: select `cursor` of each event, and give `after` as a variable.
 */
export function kabarExchange(kabar: Kabar): Exchange {
  return subscriptionExchange({
    enableAllOperations: true,
    forwardSubscription({ query = '', variables }, { kind }) {
      const operation = { kind, text: query, variables: { ...variables } }
      return {
        subscribe: (sink) => ({
          unsubscribe: forward(kabar, operation, {
            next: (result) => sink.next(result),
            error: (error) => sink.error(error),
            complete: () => sink.complete(),
          } satisfies ForwardSink),
        }),
      }
    },
  })
}
