import { defineConfig } from 'prisma/config'

// Prisma would download a schema engine even for `generate`, which does not use one: any program that exists keeps it
// from that. `prisma migrate …` needs the real engine: PRISMA_SCHEMA_ENGINE_BINARY= prisma migrate status
// biome-ignore lint/style/noProcessEnv: the Prisma CLI is configured by the variable that it documents
if (process.argv.includes('generate')) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // biome-ignore lint/style/noProcessEnv: the Prisma CLI is configured by the variable that it documents
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
