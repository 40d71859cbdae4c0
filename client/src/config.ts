/** The numbers of the client: how long it waits, and how much it holds. */
export const bounds = {
  /** Rooms that are held, the least recently used first to go. */
  roomsMax: 20,
  /** Messages of a room that are held. */
  messagesPerRoomMax: 500,
  /** Messages of a page, and of the first read of a room. */
  pageSize: 50,
  /** The most that the server gives in one page. */
  pageSizeMax: 100,
  /** Messages of one read: more would ask for more fields than the server allows. */
  readMax: 50,
  /** Hidden messages that are read with the newest ones. */
  hiddenReadMax: 30,
  /** Rooms of the list that the first read asks for. */
  roomListSize: 50,
  /** A room is followed for so long after nobody listens any more. */
  lingerMs: 30_000,
  /** A request that has no answer by then has failed. */
  requestMs: 20_000,
  /** A token that ends sooner is exchanged before it is used. */
  tokenMarginMs: 30_000,
  /** A token that does not say how long it lasts is taken to last so long. */
  tokenUnknownMs: 60_000,
  /** Waits between attempts are at random up to this, which doubles from `retryFirstMs`. */
  retryMaxMs: 5_000,
  retryFirstMs: 250,
  /** The same where what answers is not Kabar, or another version of it. */
  retryStrangerMs: 30_000,
  /** After the close of a server that restarts (1012) the first wait is at random up to this. */
  restartMs: 500,
  /** After the close of a server that cannot serve now (1013) waits are so long, and up to twice. */
  laterMs: 2_000,
  /** A client that is closed waits for so long for an account that is being opened. */
  closeMs: 3_000,
  /** An upload without progress for so long is tried again. */
  uploadSilentMs: 30_000,
  /** Where progress is not told, as by fetch, an upload has time for so many bytes a second besides. */
  uploadBytesPerSecondMin: 8_192,
  /** A socket that is silent is asked so often whether it lives, and has so long to answer. */
  pingMs: 10_000,
  pongMs: 5_000,
  /** An idle socket is closed after this. */
  socketIdleMs: 5_000,
  /** After so many failed attempts to open a first socket, event streams are tried. */
  socketAttemptsMax: 2,
  /** Changes of messages that are read anew are gathered for so long. */
  refreshMs: 100,
  /** A typing user is forgotten after this. */
  typingMs: 7_000,
  /** The others are told so often that the viewer types. */
  keystrokeMs: 3_000,
  /** INTERNAL is tried so often before a record of the outbox fails. */
  internalTriesMax: 5,
  /** An upload is tried again so often while its failure may be temporary. */
  uploadTriesMax: 5,
  /** The unsent changes that may wait. */
  outboxMax: 1_000,
  /** The leading tab says so often that it lives; without a word for `leaderSilentMs` a visible tab takes over. */
  beatMs: 1_000,
  leaderSilentMs: 5_000,
  /** One of so many reconnects is verified where `verify` is `sometimes`. */
  verifyEvery: 100,
} as const
