// How long tests wait. Machines are slow and busy with other things, and what only a fault takes may take long.

/** Longest wait for an expected event. */
export const patienceMs = 30_000

/** A test, or what it needs, is given up after this. */
export const testMs = 240_000
