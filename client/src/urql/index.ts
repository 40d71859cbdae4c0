// What `kabar-client/urql` exports.

export { possibleTypes } from '../cache/possible-types.ts'
export { kabarExchange } from './exchange.ts'
