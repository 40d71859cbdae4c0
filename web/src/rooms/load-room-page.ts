/** Loads the page of a room: before it is shown, where somebody is about to open one. */
export const loadRoomPage = () => import('./room-page.tsx')
