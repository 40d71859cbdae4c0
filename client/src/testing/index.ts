// What `kabar-client/testing` exports: a server of a test's own, faults, and a question that ends a test.

export { type ConvergedOptions, expectConverged } from './converged.ts'
export { type StartOptions, startKabar, type TestServer } from './start-kabar.ts'
