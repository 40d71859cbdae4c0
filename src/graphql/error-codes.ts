import { type ErrorCode, errorCodes } from '../errors.ts'
import { builder } from './builder.ts'

/** The closed list of error codes as an enum. */
export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description:
    'Error codes: the value of `extensions.code` of every error. Clients generate their list from this enum.',
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, description]) => [code, { description }]),
    // Object.fromEntries loses the type of the keys
  ) as Record<ErrorCode, { description: string }>,
})
