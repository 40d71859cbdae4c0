import type { ServiceContext, Viewer } from '../access/context.ts'
import type { RoomFacts } from '../access/facts.ts'
import { createLoader, type Loader } from '../concurrency/loader.ts'
import { AppError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'

/** What resolvers get: the server's parts, who asks, and loaders. */
export interface Context extends ServiceContext {
  /** Loaders by their batch function. One map lives for one operation or one page of events, never longer. */
  loaders: Map<unknown, Loader<unknown>>
  /** The `User-Agent` of the request; null when it sent none. */
  readonly userAgent: string | null
  /** Lets the rest of the operation be asked by who has just signed in, or by nobody any more. */
  changeViewer(caller: Pick<Caller, 'viewer' | 'viewerError'>): void
  /** Ends the operation: nobody waits for it any more. What it would still ask of the database fails with the error. */
  giveUp(error: AppError): void
  /** Aborted with its error when the operation is given up. */
  readonly signal: AbortSignal
  /**
   * Counts bytes of the answer while it is made, and gives the operation up when there are too many.
   *
   * @throws AppError OPERATION_TOO_COMPLEX
   */
  weigh(bytes: number): void
  /** Whether the answer goes to many viewers: then nothing that depends on one may be asked. */
  readonly isShared: boolean
  /**
   * Notes whose words the answer shows, where it is shared.
   *
   * Those who have blocked them then get an answer of their own.
   */
  shows(userId: string): void
}

/** The parts of a context that live as long as the server. */
export type ServerParts = Omit<ServiceContext, 'viewer' | 'viewerError' | 'address' | 'roomFacts' | 'forget'>

/** Who sent an operation. */
export interface Caller {
  readonly viewer: Viewer | null
  /** Why a token that was sent is no good. */
  readonly viewerError: AppError | null
  readonly userAgent: string | null
  /** Its network address; null when it comes from within. */
  readonly address: string | null
}

/** Makes the context of one operation. What it has read is forgotten after each write, so that payloads are fresh. */
export function createContext(parts: ServerParts, caller: Caller): Context {
  const loaders: Context['loaders'] = new Map()
  let givenUp: AppError | null = null
  const unlessGivenUp = async <T>(work: () => Promise<T>): Promise<T> => {
    if (givenUp) throw givenUp
    return work()
  }
  const givingUp = new AbortController()
  const giveUp = (error: AppError) => {
    givenUp ??= error
    givingUp.abort(error)
  }
  let viewerId = caller.viewer?.userId ?? null
  const roomFacts: Loader<RoomFacts | null> = createLoader((ids) =>
    unlessGivenUp(() => Promise.all(ids.map((roomId) => parts.readFacts({ roomId, viewerId })))),
  )
  const forget = () => {
    loaders.clear()
    roomFacts.clear()
  }
  const feed: Feed = {
    ...parts.feed,
    write: (topicIds, work) => unlessGivenUp(() => parts.feed.write(topicIds, work)).finally(forget),
    commitTogether: (statement, item) =>
      unlessGivenUp(() => parts.feed.commitTogether(statement, item)).finally(forget),
  }
  const context: Context = {
    ...{ ...parts, ...caller, feed, loaders, roomFacts, forget },
    ...{ isShared: false, shows() {} },
    changeViewer({ viewer, viewerError }) {
      viewerId = viewer?.userId ?? null
      forget()
      // the object that resolvers have, to which Yoga copies this one
      Object.assign(this, { viewer, viewerError })
    },
    giveUp,
    signal: givingUp.signal,
    weigh: createScale(parts.config.edge.answerBytesMax, giveUp),
    sql: (statement) => unlessGivenUp(() => parts.sql(statement)),
  }
  return context
}

/** The error of an answer that is larger than allowed. */
export function answerTooLarge(bytesMax: number): AppError {
  return new AppError('OPERATION_TOO_COMPLEX', `An answer may have ${bytesMax} bytes; this has more. Ask for less.`)
}

/** Makes what adds up the bytes of one answer. */
function createScale(bytesMax: number, onTooMuch: (error: AppError) => void): Context['weigh'] {
  let sum = 0
  return (bytes) => {
    sum += bytes
    if (sum <= bytesMax) return
    const error = answerTooLarge(bytesMax)
    onTooMuch(error)
    throw error
  }
}

const neverAborted = new AbortController().signal

/** Thrown when a shared execution asks who is looking. The answer would not hold for all. */
class ViewerAsked extends Error {
  override readonly name = 'ViewerAsked'
}

/** A context for many viewers at once. */
export interface SharedContext {
  readonly context: Context
  /** Also when the resolver caught the error. */
  askedViewer(): boolean
  /** Whose words it shows. */
  readonly shownUserIds: ReadonlySet<string>
}

/** Makes a context without a viewer: a resolver that asks for one throws. */
export function createSharedContext(parts: ServerParts, loaders: Context['loaders']): SharedContext {
  let asked = false
  const shownUserIds = new Set<string>()
  const ask = (): never => {
    asked = true
    throw new ViewerAsked('this execution is shared by many viewers')
  }
  const context: Context = {
    ...parts,
    userAgent: null,
    address: null,
    viewerError: null,
    loaders,
    forget() {},
    changeViewer() {},
    giveUp() {},
    signal: neverAborted,
    weigh: createScale(parts.config.edge.answerBytesMax, () => {}),
    isShared: true,
    shows: (userId) => shownUserIds.add(userId),
    get viewer(): Viewer | null {
      return ask()
    },
    get roomFacts(): Context['roomFacts'] {
      return ask()
    },
  }
  return { context, askedViewer: () => asked, shownUserIds }
}
