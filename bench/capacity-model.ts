// The model of capacity: what a number of people costs, computed from what a message, a delivery and a connection cost.

/** The measured costs of one server. Microseconds of CPU and kilobytes of memory. */
export interface Costs {
  /** Taking a send, until it is stored. */
  readonly send: number
  /** A message that a server sees: reading it from the feed and executing the operation once. */
  readonly seen: number
  /** Handing a message to one more subscriber. */
  readonly delivery: number
  /** Storing and reading a message, of PostgreSQL. */
  readonly postgres: number
  readonly connection: number
  readonly subscription: number
}

/** People who use a deployment at the same time. */
export interface Crowd {
  readonly online: number
  /** How many of a room's members are online and have it open. */
  readonly onlinePerRoom: number
  readonly sendsPerMinute: number
  /** Distinct selections of fields that clients subscribe with: each is executed once for a message. */
  readonly selections: number
}

/** The servers, processors and memory that a crowd needs. */
export interface Need {
  readonly sendsPerSecond: number
  readonly deliveriesPerSecond: number
  /** The fewest servers of which each is busy for at most `busyMax` of its time; null when no number is enough. */
  readonly servers: number | null
  /** Cores of each of these servers, or of one that takes all. */
  readonly coresEach: number
  readonly postgresCores: number
  /** Gigabytes of all connections and subscriptions. */
  readonly gigabytes: number
}

/** With more of them each still sees most messages. */
const serversMax = 16
const second = 1_000_000
const gigabyte = 1_024 * 1_024

/** Computes what a crowd needs. A server process uses one core. */
export function sizeFor(crowd: Crowd, costs: Costs, busyMax: number): Need {
  const { online, onlinePerRoom, sendsPerMinute } = crowd
  const sendsPerSecond = (online * sendsPerMinute) / 60
  const counts = Array.from({ length: serversMax }, (_, index) => index + 1)
  const servers = counts.find((count) => coresOf(count, crowd, costs) <= busyMax) ?? null
  return {
    sendsPerSecond,
    deliveriesPerSecond: sendsPerSecond * onlinePerRoom,
    servers,
    coresEach: coresOf(servers ?? serversMax, crowd, costs),
    postgresCores: (sendsPerSecond * costs.postgres) / second,
    gigabytes: (online * (costs.connection + costs.subscription)) / gigabyte,
  }
}

/** The cores that each of some servers uses. People spread over them, so that most servers see most messages. */
function coresOf(servers: number, { online, onlinePerRoom, sendsPerMinute, selections }: Crowd, costs: Costs): number {
  const sends = (online * sendsPerMinute) / 60
  const seen = sends * (1 - (1 - 1 / servers) ** onlinePerRoom)
  const micros =
    (sends / servers) * costs.send +
    seen * costs.seen * selections +
    ((sends * onlinePerRoom) / servers) * costs.delivery
  return micros / second
}

/** A number of subscribers and what a message to them took. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Fits a line through points by least squares: what a message takes by itself, and for each subscriber. */
export function fitLine(points: readonly Point[]): { readonly intercept: number; readonly slope: number } {
  const meanOf = (pick: (point: Point) => number) => points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [x, y] = [meanOf((point) => point.x), meanOf((point) => point.y)]
  const spread = meanOf((point) => (point.x - x) ** 2)
  const slope = meanOf((point) => (point.x - x) * (point.y - y)) / spread
  return { intercept: y - slope * x, slope }
}
