import { expect } from 'vitest'
import { hashPassword } from '../../src/auth/passwords/hashing.ts'
import { signInLimits } from '../../src/config/auth.ts'
import { attempt, freshName, newUser, password } from '../support/accounts.ts'
import { type Client, guest, post, type Server } from '../support/client.ts'
import { codeOf, freshAddress, postFrom, signIn, test, tight } from '../support/rates.ts'

async function makePasswordRoom(owner: Client): Promise<string> {
  const query = `mutation { createRoom(input: { name: "Vault", access: PASSWORD, password: "${password}" }) { room { id } } }`
  return (await owner.call<{ createRoom: { room: { id: string } } }>(query)).createRoom.room.id
}

function joinRoom(
  address: string,
  server: Server,
  { roomId, token, given }: { roomId: string; token: string; given: string },
) {
  const query = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { room { id } } }'
  return postFrom(address, server, { query, variables: { input: { roomId, password: given } }, token })
}

/** Keeps the queue full in which passwords wait to be hashed. */
function keepHashing(): { stop(): Promise<void> } {
  let isBusy = true
  const hashOn = async () => {
    while (isBusy) await hashPassword('some password')
  }
  const all = Promise.allSettled(Array.from({ length: signInLimits.hashesWaitingMax + 10 }, hashOn))
  return {
    async stop() {
      isBusy = false
      await all
    },
  }
}

test('whoever has stolen a token cannot guess the password', async ({ one, counting }) => {
  const { accessToken } = await newUser(one)
  const change = (currentPassword: string) =>
    attempt(counting, 'changePassword', { currentPassword, newPassword: password }, accessToken)
  expect(codeOf(await change('wrong one'))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await change('wrong two'))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await change(password))).toBe('RATE_LIMITED')
})

test('the password of a room cannot be guessed, not with many guests either', async ({ one, counting }) => {
  const roomId = await makePasswordRoom(await guest(one))
  const join = async (address: string, token: string, given: string) =>
    codeOf(await joinRoom(address, counting, { roomId, token, given }))
  const address = freshAddress()
  const [eve, mallory, bob] = [await guest(one), await guest(one), await guest(one)]
  expect(await join(address, eve.token, 'wrong one')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, eve.token, 'wrong two')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, eve.token, password)).toBe('RATE_LIMITED')
  expect(await join(address, mallory.token, 'wrong three')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, mallory.token, 'wrong four')).toBe('RATE_LIMITED')
  expect(await join(freshAddress(), bob.token, password)).toBe('none')
})

test('what a server is too busy to compare is no wrong password', async ({ one, counting }) => {
  const username = freshName()
  const { accessToken: token } = await newUser(one, { username })
  const roomId = await makePasswordRoom(await guest(one))
  const address = freshAddress()
  const tryAll = async () => {
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken } }'
    const input = { currentPassword: password, newPassword: password }
    return [
      codeOf(await signIn(address, counting, username, password)),
      codeOf(await postFrom(address, counting, { query: change, variables: { input }, token })),
      codeOf(await joinRoom(address, counting, { roomId, token, given: password })),
    ]
  }
  const busy = keepHashing()
  try {
    for (let tries = 0; tries < 4; tries++) expect(await tryAll()).toEqual(Array(3).fill('SERVICE_UNAVAILABLE'))
  } finally {
    await busy.stop()
  }
  expect(await tryAll()).toEqual(Array(3).fill('none'))
})

test('a user sets so many passwords, and wrong ones are counted apart', async ({ one, start }) => {
  const server = await start({ rates: { ...tight.rates, passwordSetByUser: { points: 2, seconds: 60 } } })
  const { accessToken } = await newUser(one)
  const change = async (currentPassword: string) =>
    codeOf(await attempt(server, 'changePassword', { currentPassword, newPassword: password }, accessToken))
  expect(await change('a wrong password')).toBe('BAD_CREDENTIALS')
  expect(await change(password)).toBe('none')
  const make = 'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { id } } }'
  const variables = { input: { name: 'Vault', access: 'PASSWORD', password } }
  expect(codeOf(await post(server, { query: make, variables, token: accessToken }))).toBe('none')
  expect(codeOf(await post(server, { query: make, variables, token: accessToken }))).toBe('RATE_LIMITED')
  expect(await change(password)).toBe('RATE_LIMITED')
})
