/** Close codes. After all but `notUtf8` and `tooLarge` (RFC 6455) graphql-ws clients reconnect. */
export const closeCodes = { sessionEnded: 4403, restart: 1012, tryLater: 1013, notUtf8: 1007, tooLarge: 1009 } as const
