// Exports of `kabar-client/apollo`.

export { possibleTypes } from '../cache/schema-types.ts'
export { addMessage, kabarTypePolicies } from './cache.ts'
export { kabarLink } from './link.ts'
