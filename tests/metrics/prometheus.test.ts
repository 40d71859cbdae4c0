import { expect } from 'vitest'
import { dashboardQueries } from '../../scripts/dashboard.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { scrape, sumOf } from '../support/metrics.ts'
import { patienceMs } from '../support/patience.ts'
import { noPrometheus, startPrometheus } from '../support/prometheus.ts'
import { test } from '../support/server.ts'

/** Panels that stay empty until something fails or is refused. */
const emptyWhenWell = ['Errors of the server', 'Closed sockets', 'Failed statements', 'Rate limits', 'Background jobs']

test.skipIf(noPrometheus)(
  'Prometheus scrapes three servers, and no panel of the dashboard is empty',
  async ({ start }) => {
    const metrics = { port: 0, host: '127.0.0.1' }
    const servers = await Promise.all([1, 2, 3].map(() => start({ metrics })))
    const hosts = servers.map(({ metricsUrl }) => new URL(metricsUrl ?? '').host)
    const [one, two, three] = servers
    if (!one || !two || !three) throw new Error('three servers have started')
    const prometheus = await startPrometheus(hosts)
    await expect.poll(async () => (await prometheus.query('up == 1')).length, { timeout: patienceMs }).toBe(3)

    const [ada, bob, cem] = await Promise.all([one, two, three].map((server) => guest(server)))
    if (!ada || !bob || !cem) throw new Error('three guests have signed in')
    const roomId = await makeRoom(ada, [bob, cem])
    const query = 'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }'
    for (const client of [bob, cem]) await client.follow(query, { roomId }).next()
    const scraped = async () => Number((await prometheus.query('sum(kabar_send_seconds_count)'))[0]?.value[1] ?? 0)
    for (const sent of [5, 10]) {
      for (let index = 0; index < 5; index++) await send(ada, roomId, `message ${index}`)
      await expect.poll(scraped, { timeout: patienceMs }).toBe(sent)
    }

    const lines = await Promise.all(servers.map(scrape))
    const deliveries = sumOf(lines.flat(), 'deliveries_total')
    const found = async () => Number((await prometheus.query('sum(kabar_deliveries_total)'))[0]?.value[1])
    await expect.poll(found, { timeout: patienceMs }).toBe(deliveries)
    expect(lines.map((of) => sumOf(of, 'send_seconds_count'))).toEqual([10, 0, 0])

    const empty = []
    for (const { title, expr } of dashboardQueries) {
      const asked = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')
      if ((await prometheus.query(asked)).length === 0) empty.push(title)
    }
    expect(empty.filter((title) => !emptyWhenWell.includes(title))).toEqual([])
  },
)
