import { type Client, guest, makeRoom, type Server } from './client.ts'

/** The data that a user shows of themselves. */
export interface Privacy {
  showsReceipts?: boolean
  showsPresence?: boolean
  showsLastSeen?: boolean
}

export const privacyFields = 'showsReceipts showsPresence showsLastSeen'

/** Changes what a user shows; gives all that they show then. */
export async function changePrivacy(client: Client, input: Privacy): Promise<Required<Privacy>> {
  const { updateProfile } = await client.call<{ updateProfile: { viewer: Required<Privacy> } }>(
    `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { viewer { ${privacyFields} } } }`,
    { input },
  )
  return updateProfile.viewer
}

/** The user who hides data: none, the one who is looked at, or the one who looks. */
export const hiders = [
  ['nobody hides', null],
  ['the other hides', 'bob'],
  ['the viewer hides', 'ada'],
] as const

/** Makes a room of three: Ada, who looks; Bob, who is looked at; and Eve. One of them hides something. */
export async function makeThree(server: Server, hider: 'ada' | 'bob' | 'eve' | null, hidden: Privacy) {
  const [ada, bob, eve] = [await guest(server, 'Ada'), await guest(server, 'Bob'), await guest(server, 'Eve')]
  const roomId = await makeRoom(ada, [bob, eve])
  if (hider) await changePrivacy({ ada, bob, eve }[hider], hidden)
  return { ada, bob, eve, roomId }
}
