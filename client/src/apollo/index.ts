// Exports of `kabar-client/apollo`.

export { possibleTypes } from '../cache/possible-types.ts'
export { kabarTypePolicies } from './cache.ts'
export { kabarLink } from './link.ts'
