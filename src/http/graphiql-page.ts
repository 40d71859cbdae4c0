import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { GraphiqlContent } from './graphiql-tabs.ts'
import { tokenField } from './graphiql-token.ts'
import { pathOf } from './requests.ts'
import type { Route } from './route.ts'
import { graphqlPath } from './yoga.ts'

const compress = promisify(gzip)

/**
 * Serves GraphiQL to browsers that open the path of GraphQL.
 *
 * Its page has nine megabytes: it is loaded and compressed at the first request, which leaves less than a third, and
 * kept for as long as its content is the same.
 */
export function createGraphiqlPage(contentOf: () => GraphiqlContent): Route {
  let kept: { key: string; page: Promise<Pages> } | null = null

  function current(): Promise<Pages> {
    const content = contentOf()
    const key = JSON.stringify(content)
    if (kept?.key !== key) kept = { key, page: render(content) }
    return kept.page
  }

  return (request, response) => {
    if (!asksForGraphiql(request)) return false
    current().then(
      ({ plain, gzipped }) => {
        const isGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
        const body = isGzip ? gzipped : plain
        if (isGzip) response.setHeader('content-encoding', 'gzip')
        response.setHeader('vary', 'Accept, Accept-Encoding')
        response.setHeader('cache-control', 'no-cache')
        response.writeHead(200, { 'content-type': 'text/html', 'content-length': body.length }).end(body)
      },
      () => {
        kept = null
        response.destroy()
      },
    )
    return true
  }
}

interface Pages {
  readonly plain: Buffer
  readonly gzipped: Buffer
}

function asksForGraphiql(request: IncomingMessage): boolean {
  const { method, headers } = request
  return method === 'GET' && pathOf(request) === graphqlPath && (headers.accept?.includes('text/html') ?? false)
}

async function render({ tabs, token = '' }: GraphiqlContent): Promise<Pages> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  // over HTTP alone, so that the token of all tabs goes with subscriptions too
  const page = renderGraphiQL({ subscriptionsProtocol: 'SSE', title: 'Kabar', defaultTabs: [...tabs] })
  const plain = Buffer.from(page.replace('<div id="root"></div>', (root) => `${root}${tokenField(token)}`))
  return { plain, gzipped: await compress(plain, { level: 6 }) }
}
