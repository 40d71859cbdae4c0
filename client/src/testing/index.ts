// The exports of `kabar-client/testing`: a server for a test, faults, and a check of convergence.

export { type ConvergedOptions, expectConverged } from './converged.ts'
export { type StartOptions, startKabar, type TestServer } from './start-kabar.ts'
