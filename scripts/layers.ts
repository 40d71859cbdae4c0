// Which file of src/ may import which. CONTRIBUTING.md shows the same as a picture.
//
// Imports go down this list, never up. A folder that is not in it has no place in src/.

/** The folders and top-level files of src/, lowest first: each may import itself and those before it. */
const order = [
  'generated',
  'errors',
  'config',
  'metrics',
  'tracing',
  'concurrency',
  'logs',
  'input',
  'database',
  'audit',
  'embedded-postgres',
  'feed',
  'health',
  'access',
  'graphql',
  'media',
  'users',
  'auth',
  'friends',
  'rooms',
  'membership',
  'messages',
  'presence',
  'account',
  'operators',
  'api',
  'http',
  'websocket',
  'stop',
  'start-database',
  'server-gauges',
  'serve-clients',
  'server-description',
  'server',
  'cli',
  'main',
]

/** The features: the only folders that have rules and GraphQL types beside each other. */
const features = order.slice(order.indexOf('media'), order.indexOf('api'))

/** Says why a file of src/ may not be where it is, or null when it may. */
export function folderFault(path: string): string | null {
  const { folder } = locate(path)
  return order.includes(folder) ? null : `src/${folder} is not in the order of scripts/layers.ts`
}

/** Says why a file of src/ may not import another file, or null when it may. */
export function importFault(fromPath: string, toPath: string): string | null {
  if (!toPath.startsWith('src/')) return toPath === 'package.json' ? null : `src may not import ${toPath}`
  const from = locate(fromPath)
  const to = locate(toPath)
  if (order.indexOf(to.folder) > order.indexOf(from.folder)) {
    return `${from.folder} may not import ${to.folder}, which stands above it: the owner of the data adds the field`
  }
  if (!features.includes(from.folder)) return null
  return from.isGraphQL ? schemaFault(from, to) : ruleFault(to)
}

interface Located {
  /** The first folder below src/, or the name of a file that stands there. */
  readonly folder: string
  /** The name of the file without its ending. */
  readonly name: string
  /** True if the file belongs to a feature and declares GraphQL types. */
  readonly isGraphQL: boolean
}

function locate(path: string): Located {
  const [folder = '', ...rest] = path.slice('src/'.length, -'.ts'.length).split('/')
  const name = rest.at(-1) ?? folder
  return { folder, name, isGraphQL: features.includes(folder) && ['schema', 'events'].includes(name) }
}

/** Rules, statements and machines know nothing of GraphQL. */
function ruleFault(to: Located): string | null {
  if (to.folder === 'graphql') return 'only schema.ts and events.ts may import graphql/'
  return to.isGraphQL ? 'only schema.ts and events.ts may import a schema' : null
}

/** A schema asks the rules of another feature, never its tables. */
function schemaFault(from: Located, to: Located): string | null {
  if (from.folder === to.folder || to.name !== 'queries') return null
  return `${from.folder} may not import the queries of ${to.folder}, only its schema and service`
}
