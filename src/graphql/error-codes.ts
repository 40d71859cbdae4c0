import { type ErrorCode, errorCodes } from '../errors.ts'
import { builder } from './builder.ts'

/** The closed list of error codes as an enum. */
export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'Why something failed: `extensions.code` of every error. Clients generate it from here.',
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, description]) => [code, { description }]),
    // Object.fromEntries forgets the names of the keys
  ) as Record<ErrorCode, { description: string }>,
})
