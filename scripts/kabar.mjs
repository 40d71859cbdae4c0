#!/usr/bin/env node
// `npx kabar <command>` in a checkout: the same as `npm run kabar -- <command>`, without the lines that npm prints.

process.env.INIT_CWD ??= process.cwd()
process.argv.splice(2, 0, 'src/cli/main.ts')
await import('./run.mjs')
