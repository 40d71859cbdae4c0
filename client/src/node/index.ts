// Exports of `kabar-client/node`: for bots and servers.

export type { RoomEvent } from '../store/room-events.ts'
export type { ViewerEvent } from '../store/viewer-events.ts'
export { type ConnectOptions, connect } from './connect.ts'
export { type FeedOptions, roomFeed, viewerFeed } from './feed.ts'
export { type FileText, fileSession, textFile } from './files.ts'
