// Loaded into every server before its own code. SIGUSR2 puts the clock of the process an hour on, and the next one back;
// and when the run that started the server is gone, so is the server.

process.stdin.on('end', () => process.exit(1)).resume()
// it keeps nothing alive
if ('unref' in process.stdin) process.stdin.unref()

const hourMs = 3_600_000
const now = Date.now
let shiftMs = 0

process.on('SIGUSR2', () => {
  shiftMs = hourMs - shiftMs
})
Date.now = () => now() + shiftMs

const RealDate = Date
/** Shifts `new Date()` too; every other use is as before. */
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
})
