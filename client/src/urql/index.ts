// Exports of `kabar-client/urql`.

export { possibleTypes } from '../cache/schema-types.ts'
export { kabarCacheSettings } from './cache.ts'
export { kabarExchange } from './exchange.ts'
