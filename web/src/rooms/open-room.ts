import type { RoomActions, RoomState } from 'kabar-client'

/** A room with what one does in it. */
export type OpenRoom = RoomState & RoomActions

/** The panes that may stand beside a conversation. */
export type SidePane = 'details' | 'search' | 'pins'
