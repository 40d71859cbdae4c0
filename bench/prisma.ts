import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../src/generated/prisma/client.ts'

/** Opens Prisma as its documentation shows: what Kabar sets for itself is not given to what it is compared with. */
export function openPrisma(databaseUrl: string, poolSize: number): PrismaClient {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize })
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) })
}
