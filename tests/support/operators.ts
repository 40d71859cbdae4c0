import { addOperator } from '../../src/operators/service.ts'
import type { KabarServer } from '../../src/server.ts'
import { newUser } from './accounts.ts'
import { Client, type Server } from './client.ts'

/** Registers a user with a password. */
export async function registered(server: Server, input: Record<string, unknown> = {}): Promise<Client> {
  const { accessToken: token, refreshToken, viewer } = await newUser(server, input)
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name: viewer.user.username ?? '' })
}

/** Registers an operator. */
export async function newOperator(server: KabarServer): Promise<Client> {
  const operator = await registered(server)
  await addOperator(server.parts, operator.name)
  return operator
}
