import type { Privacy, ServiceContext, Viewer } from '../access/context.ts'
import type { RoomFacts } from '../access/facts.ts'
import { createLoader, type Loader } from '../concurrency/loader.ts'
import { AppError } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'

/** The context of resolvers: the server's parts, the caller, and loaders. */
export interface Context extends ServiceContext {
  /** Loaders by their batch function. One map lives for one operation or one page of events, never longer. */
  loaders: Map<unknown, Loader<unknown>>
  /** The `User-Agent` of the request; null when it sent none. */
  readonly userAgent: string | null
  /** The origin under which the caller reaches the server; null when it is not known. */
  readonly reachedAt: string | null
  /** The `Last-Event-ID` of an event stream that reconnects: the cursor to resume after. Null otherwise. */
  readonly lastEventId: string | null
  /** Changes the viewer for the rest of the operation, after a sign-in or sign-out. */
  changeViewer(caller: Pick<Caller, 'viewer' | 'viewerError'>): void
  /** Aborts the operation. Its further database statements fail with the error. */
  giveUp(error: AppError): void
  /** Aborted with the error when the operation is aborted. */
  readonly signal: AbortSignal
  /**
   * Counts bytes of the response during the execution, and aborts the operation when there are too many.
   *
   * @throws AppError OPERATION_TOO_COMPLEX
   */
  weigh(bytes: number): void
  /** True if the result goes to many viewers: then nothing that depends on the viewer may be read. */
  readonly isShared: boolean
  /** The topic of the events that a shared result shows; null for other results. */
  readonly sharedTopicId: string | null
  /**
   * Records the authors that a shared result shows.
   *
   * Viewers who have blocked one of them get a separate result.
   */
  shows(userId: string): void
  /** Records the number of a message that a shared result shows. Viewers who may not read that far get a separate result. */
  showsNumber(number: number): void
  /** Records that a shared result shows private data. Viewers who hide theirs get a separate result. */
  showsPrivate(what: Privacy): void
}

/** The parts of a context that live as long as the server. */
export type ServerParts = Omit<ServiceContext, 'viewer' | 'viewerError' | 'address' | 'roomFacts' | 'forget'>

/** The caller of an operation. */
export interface Caller {
  readonly viewer: Viewer | null
  /** Why the sent token is invalid. */
  readonly viewerError: AppError | null
  readonly userAgent: string | null
  /** The network address; null for internal calls. */
  readonly address: string | null
  /** The origin under which the caller reaches the server, such as `https://chat.example.org`; null for internal calls. */
  readonly reachedAt: string | null
}

/** Creates the context of one operation. Cached reads are cleared after each write, so that payloads are fresh. */
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
    write: (topicIds, work) =>
      unlessGivenUp(() => parts.feed.write(topicIds, work, { actorId: viewerId, address: caller.address })).finally(
        forget,
      ),
    commitTogether: (statement, item) =>
      unlessGivenUp(() => parts.feed.commitTogether(statement, item)).finally(forget),
  }
  const context: Context = {
    ...parts,
    // property by property: spread objects would be copied twice for every operation
    viewer: caller.viewer,
    viewerError: caller.viewerError,
    userAgent: caller.userAgent,
    address: caller.address,
    reachedAt: caller.reachedAt,
    feed,
    loaders,
    roomFacts,
    forget,
    isShared: false,
    sharedTopicId: null,
    shows: doNothing,
    showsNumber: doNothing,
    showsPrivate: doNothing,
    lastEventId: null,
    changeViewer({ viewer, viewerError }) {
      viewerId = viewer?.userId ?? null
      forget()
      // the object that resolvers receive: Yoga copies this one
      Object.assign(this, { viewer, viewerError })
    },
    giveUp,
    signal: givingUp.signal,
    weigh: createScale(parts.config.edge.answerBytesMax, giveUp),
    sql: (statement) => unlessGivenUp(() => parts.sql(statement)),
    lookups: (statement) => unlessGivenUp(() => parts.lookups(statement)),
  }
  return context
}

const doNothing = () => {}

/** Creates the error of a response that is too large. */
export function answerTooLarge(bytesMax: number): AppError {
  return new AppError(
    'OPERATION_TOO_COMPLEX',
    `A response may have ${bytesMax} bytes; this one has more. Request less.`,
  )
}

/** Creates the counter of the bytes of one response. */
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

/** Thrown when a shared execution reads the viewer: the result would not be valid for all. */
class ViewerAsked extends Error {
  override readonly name = 'ViewerAsked'
}

/**
 * Tells whether the viewer is a user.
 *
 * A shared result of a user's own topic goes to that user alone, in all sessions. In other shared results it asks the viewer.
 */
export function isViewer(context: Context, userId: string): boolean {
  return context.sharedTopicId === userId || context.viewer?.userId === userId
}

/** The page of events that a shared context is for. */
export interface SharedPage {
  readonly loaders: Context['loaders']
  readonly topicId: string
}

/** A context for many viewers at once. */
export interface SharedContext {
  readonly context: Context
  /** Also when the resolver caught the error. */
  askedViewer(): boolean
  /** The authors that it shows. */
  readonly shownUserIds: ReadonlySet<string>
  /** The number of the oldest message that it shows; infinite when it shows none. */
  oldestShown(): number
  /** The data that it shows only to viewers who do not hide theirs. */
  readonly privateShown: ReadonlySet<Privacy>
}

/** Creates a context without a viewer: a resolver that reads the viewer throws. */
export function createSharedContext(parts: ServerParts, { loaders, topicId }: SharedPage): SharedContext {
  let asked = false
  let oldest = Number.POSITIVE_INFINITY
  const shownUserIds = new Set<string>()
  const privateShown = new Set<Privacy>()
  const ask = (): never => {
    asked = true
    throw new ViewerAsked('this execution is shared by many viewers')
  }
  const context: Context = {
    ...parts,
    userAgent: null,
    lastEventId: null,
    address: null,
    reachedAt: null,
    viewerError: null,
    loaders,
    forget() {},
    changeViewer() {},
    giveUp() {},
    signal: neverAborted,
    weigh: createScale(parts.config.edge.answerBytesMax, () => {}),
    isShared: true,
    sharedTopicId: topicId,
    shows: (userId) => shownUserIds.add(userId),
    showsNumber(number) {
      oldest = Math.min(oldest, number)
    },
    showsPrivate: (what) => privateShown.add(what),
    get viewer(): Viewer | null {
      return ask()
    },
    get roomFacts(): Context['roomFacts'] {
      return ask()
    },
  }
  return { context, askedViewer: () => asked, shownUserIds, oldestShown: () => oldest, privateShown }
}
