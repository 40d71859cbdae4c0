// Exports of `kabar-client/react`: hooks over the stores of a client.

export {
  useAccount,
  useConnection,
  useMembers,
  usePeople,
  useRoom,
  useRooms,
  useSearch,
  useServer,
  useSession,
  useUpload,
} from './hooks.ts'
export { KabarProvider, useKabar } from './provider.ts'
export { type SavedMessages, useSavedMessages } from './saved.ts'
