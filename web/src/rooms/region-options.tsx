import type { Region } from './operations.ts'

/** The tree of regions as options, deeper ones indented. */
export function RegionOptions({ regions, depth = 0 }: { regions: readonly Region[]; depth?: number }) {
  return regions.map(({ id, name, children = [] }) => [
    <option key={id} value={id}>
      {'\u2003'.repeat(depth) + name}
    </option>,
    <RegionOptions key={`${id} inside`} regions={children} depth={depth + 1} />,
  ])
}
