// A bill of materials of the packages that a server and its pages are made of, from the one of npm.
//
// npm's own `--omit dev` leaves out what a workspace also needs for development, such as graphql and ws, and takes in optional
// peers that are there for the tests.

/** A bill of materials in CycloneDX, as far as it is read here. */
export interface Bom {
  readonly metadata: { readonly component: Component; readonly [key: string]: unknown }
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
  readonly [key: string]: unknown
}

interface Component {
  /** Such as `ws@8.23.0`. */
  readonly 'bom-ref': string
  readonly name: string
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
  readonly [key: string]: unknown
}

interface Dependency {
  readonly ref: string
  readonly dependsOn: readonly string[]
}

/** A package-lock.json. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** Keeps the packages that production needs, and nothing that tells of a machine or a registry. */
export function productionBom(bom: Bom, lock: Lock): Bom {
  const root = bom.metadata.component['bom-ref']
  const dependencies = neededFrom(root, bom.dependencies, namesNeeded(lock))
  const refs = new Set(dependencies.map(({ ref }) => ref))
  return {
    ...bom,
    metadata: { ...bom.metadata, component: publicPart(bom.metadata.component) },
    components: bom.components.filter((component) => refs.has(component['bom-ref'])).map(publicPart),
    dependencies,
  }
}

/** The names that each package needs in production. */
function namesNeeded({ packages }: Lock): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(packages).map(([path, entry]) => {
      const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = entry
      const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
      const names = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]
      return [`${entry.name ?? path.split('node_modules/').at(-1)}@${entry.version}`, new Set(names)]
    }),
  )
}

/** Walks from the root to everything that it needs. The workspaces are parts of the root. */
function neededFrom(
  root: string,
  dependencies: readonly Dependency[],
  needed: ReadonlyMap<string, ReadonlySet<string>>,
): Dependency[] {
  const byRef = new Map(dependencies.map((dependency) => [dependency.ref, dependency.dependsOn]))
  const found = new Map<string, Dependency>()
  const visit = (ref: string): void => {
    if (found.has(ref)) return
    const isNeeded = (other: string) => needed.get(ref)?.has(nameOf(other)) || (ref === root && isWorkspace(other))
    const dependsOn = (byRef.get(ref) ?? []).filter(isNeeded)
    found.set(ref, { ref, dependsOn })
    for (const other of dependsOn) visit(other)
  }
  visit(root)
  return [...found.values()]
}

const nameOf = (ref: string) => ref.slice(0, ref.lastIndexOf('@'))
const isWorkspace = (ref: string) => /^kabar-\w+@/.test(ref)

/** Names it as its package, and not as the folder in which it stands. */
function publicPart({ externalReferences = [], properties = [], ...component }: Component): Component {
  return {
    ...component,
    name: nameOf(component['bom-ref']),
    externalReferences: externalReferences.filter(({ type }) => type !== 'distribution'),
    properties: properties.filter(({ name }) => name !== 'cdx:npm:package:path'),
  }
}
