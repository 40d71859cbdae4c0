// Exports of `kabar-client/urql`.

export { possibleTypes } from '../cache/possible-types.ts'
export { kabarExchange } from './exchange.ts'
