// Limits of GraphQL fields. Those of operations are in http.ts. A part of config.ts.

/** Limits of the pages of lists, and of `nodes`. */
export const pageLimits = {
  pageSizeDefault: 50,
  pageSizeMax: 100,
  nodesMax: 100,
} as const
