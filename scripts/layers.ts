// Which file of src/ may import which. CONTRIBUTING.md shows the same as a picture.

/** The features, lowest first: one may import those before it, never those after it. */
const features = ['users', 'auth', 'friends', 'rooms', 'membership', 'media', 'messages', 'presence', 'account']

/** The files that a feature may consist of. */
const roles = ['schema', 'events', 'service', 'queries']

/** Nouns that have files of their own: `reactions.ts` for the rules, `reactions-schema.ts`, `reactions-queries.ts`. */
const nouns: Record<string, readonly string[]> = {
  auth: [
    'authority',
    'credentials',
    'imports',
    'keys',
    'liveness',
    'operator',
    'passwords',
    'profile',
    'sessions',
    'stream',
    'tokens',
    'watch',
  ],
  friends: ['blocks', 'watch'],
  rooms: ['deletion', 'discovery', 'notices', 'passwords', 'permissions', 'places', 'settings'],
  membership: ['bans', 'floors', 'invites', 'joining', 'marks', 'mutes', 'notifications', 'receipts', 'roles'],
  media: ['avatars', 'disk', 'files', 'images', 'keys', 'links', 's3', 'storage', 'sweep', 'types', 'uploads'],
  messages: [
    'attachments',
    'digest',
    'edits',
    'history',
    'mentions',
    'pins',
    'reactions',
    'receipts',
    'replies',
    'reports',
    'search',
    'sending',
    'system',
  ],
  presence: ['advances', 'leases', 'typing', 'visits'],
  account: ['deletion', 'export', 'retention'],
}

/** The layers, lowest first: a file may import its own layer and those before it. */
const layers = [
  'generated',
  'errors',
  'config',
  'database',
  'feed',
  'access',
  'service', // service.ts, queries.ts and nouns of the features
  'graphql', // builder, context, scalars, ids, pages, loaders, cost
  'schema', // schema.ts and events.ts of the features
  'graphql/schema',
  'http',
  'server',
  'cli',
  'main',
] as const

type Layer = (typeof layers)[number]

interface Place {
  layer: Layer
  /** Only in the layers `service` and `schema`. */
  feature?: string
  /** The name of a feature's file without its ending. */
  role?: string
}

/** Says why a file of src/ may not be where it is, or null when it may. */
export function placeFault(path: string): string | null {
  const place = placeOf(path)
  return typeof place === 'string' ? place : null
}

/** Says why a file of src/ may not import another file, or null when it may. */
export function importFault(fromPath: string, toPath: string): string | null {
  if (!toPath.startsWith('src/')) return toPath === 'package.json' ? null : `src may not import ${toPath}`
  const from = placeOf(fromPath)
  const to = placeOf(toPath)
  if (typeof from === 'string' || typeof to === 'string') return null
  if (layers.indexOf(to.layer) > layers.indexOf(from.layer)) return `${from.layer} may not import ${to.layer}`
  if (from.layer === 'graphql' && to.layer === 'service') return 'graphql may not import a feature'
  return featureFault(from, to)
}

function featureFault(from: Place, to: Place): string | null {
  if (!from.feature || !to.feature || from.feature === to.feature) return null
  if (features.indexOf(to.feature) > features.indexOf(from.feature)) {
    return `${from.feature} may not import ${to.feature}, which ranks above it: the owner of the data adds the field`
  }
  if (from.layer === 'schema' && to.role?.endsWith('queries')) {
    return `${from.feature}/schema may not import the queries of ${to.feature}, only its schema and service`
  }
  return null
}

/** Finds the place of a file, or says why there is none for it. */
function placeOf(path: string): Place | string {
  const [folder = '', ...rest] = path.slice('src/'.length, -'.ts'.length).split('/')
  const file = rest.join('/')
  if (features.includes(folder)) return placeInFeature(folder, file)
  // what knows all features
  if (folder === 'graphql' && ['schema', 'node'].includes(file)) return { layer: 'graphql/schema' }
  const layer = layers.find((name) => name === folder)
  if (layer && layer !== 'service' && layer !== 'schema') return { layer }
  return `src/${folder} is neither a layer nor a feature that scripts/layers.ts knows`
}

function placeInFeature(feature: string, role: string): Place | string {
  const ofNouns = (nouns[feature] ?? []).flatMap((noun) => [noun, `${noun}-schema`, `${noun}-queries`])
  const allowed = [...roles, ...ofNouns]
  if (!allowed.includes(role)) return `${feature}/ may have only ${allowed.map((name) => `${name}.ts`).join(', ')}`
  return { layer: /^(.*-)?(schema|events)$/.test(role) ? 'schema' : 'service', feature, role }
}
