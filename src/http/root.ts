import type { ServerResponse } from 'node:http'
import { pathOf } from './requests.ts'
import type { Route } from './route.ts'
import { graphqlPath } from './yoga.ts'

const words = `This is a Kabar server, a backend for chats.

There is nothing to look at here: apps talk to it through GraphQL at ${graphqlPath}.
`

/**
 * Serves `/`, and `/graphql` to browsers when GraphiQL is off.
 *
 * Redirects to GraphiQL, or describes the server as text.
 */
export function createRootRoute({ graphiql }: { graphiql: boolean }): Route {
  return (request, response) => {
    const { method, url = '/', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return false
    if (pathOf(request) === '/') {
      if (graphiql) response.writeHead(302, { location: graphqlPath }).end()
      else sendWords(response, 200)
      return true
    }
    if (graphiql || url !== graphqlPath || !headers.accept?.includes('text/html')) return false
    sendWords(response, 406)
    return true
  }
}

function sendWords(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(words)
}
