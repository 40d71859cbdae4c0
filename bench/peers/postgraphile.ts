// PostGraphile on the same tables, with the preset that it recommends.

import { createServer } from 'node:http'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { listenOn } from '../servers/listen.ts'
import { serve } from '../servers/serve.ts'
import { countStatements } from '../servers/statements.ts'

await serve(async ({ databaseUrl, poolSize }) => {
  const statements = countStatements(pg)
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize })
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ pool, schemas: ['public'] })],
    grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: false },
    grafast: { explain: false },
  })
  const server = createServer()
  await instance.createServ(grafserv).addTo(server)
  return { url: await listenOn(server), statements }
})
