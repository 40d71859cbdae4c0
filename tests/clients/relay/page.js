// The scenario's application with Relay, without React.

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import relay from 'relay-runtime'

const { ConnectionHandler, Environment, Network, Observable, RecordSource, Store } = relay

/** Compiles the operations with relay-compiler, and loads what it has made of them. */
async function compile() {
  mkdirSync(join(import.meta.dirname, 'generated'), { recursive: true })
  const cli = fileURLToPath(import.meta.resolve('relay-compiler/cli.js'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli], { cwd: import.meta.dirname, encoding: 'utf8' })
  if (status !== 0) throw new Error(`relay-compiler failed: ${stdout}${stderr}`)
  const load = async (name) => {
    const file = new URL(`generated/operations${name}.graphql.js`, import.meta.url)
    return (await import(/* @vite-ignore */ file.href)).default
  }
  const names = [
    'ListQuery',
    'PageQuery',
    'AroundQuery',
    'ViewerSubscription',
    'RoomSubscription',
    'SendMutation',
    'ReadMutation',
  ]
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(name)])))
}

function createEnvironment({ url, socketUrl, accessToken, snippets, onClose }) {
  const socket = snippets.connect({ url: socketUrl, accessToken })
  onClose(() => socket.dispose())
  const fetchAs = snippets.fetchWith(accessToken)
  const headers = { 'content-type': 'application/json' }
  const ask = async ({ text: query }, variables) => {
    const response = await fetchAs(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    return response.json()
  }
  const follow = ({ text: query }, variables) =>
    Observable.create((sink) => socket.subscribe({ query, variables }, sink))
  return new Environment({ network: Network.create(ask, follow), store: new Store(new RecordSource()) })
}

/** Makes the application. */
export async function relayPage(options) {
  const operations = await compile()
  const environment = createEnvironment(options)
  let room = { id: '', connections: [] }
  const describe = (name, variables) => relay.createOperationDescriptor(operations[name], variables)
  const ask = (name, variables = {}) => {
    environment.retain(describe(name, variables))
    return relay.fetchQuery(environment, operations[name], variables, { fetchPolicy: 'network-only' }).toPromise()
  }
  const follow = (name, variables) => {
    const { dispose } = relay.requestSubscription(environment, { subscription: operations[name], variables })
    options.onClose(dispose)
  }
  const change = (name, variables, optimisticResponse) =>
    new Promise((resolve, reject) => {
      relay.commitMutation(environment, {
        ...{ mutation: operations[name], variables, optimisticResponse, onError: reject },
        onCompleted: (_, errors) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve()),
      })
    })
  const kept = (name, variables = {}) => environment.lookup(describe(name, variables).fragment).data
  const page = () => kept('PageQuery', { id: room.id, last: options.pageSize }).room.messages
  const bodiesOf = ({ edges }) => edges.map(({ node }) => node.body)

  return {
    async openList() {
      const { viewer } = await ask('ListQuery')
      follow('ViewerSubscription', { after: viewer.eventCursor })
    },
    badges() {
      const { edges } = kept('ListQuery').viewer.memberships
      return Object.fromEntries(edges.map(({ node }) => [node.room.name, node.unreadCount]))
    },
    async openRoom(id) {
      room = { id, connections: [ConnectionHandler.getConnectionID(id, 'Room_messages')] }
      const { messages } = (await ask('PageQuery', { id, last: options.pageSize })).room
      follow('RoomSubscription', { id, after: messages.eventCursor, connections: room.connections })
    },
    shown: () => bodiesOf(page()),
    async older() {
      const { startCursor: before } = page().pageInfo
      await ask('PageQuery', { id: room.id, last: options.pageSize, before })
      return page().pageInfo.hasPreviousPage
    },
    around: async (number) => bodiesOf((await ask('AroundQuery', { id: room.id, number })).room.messages),
    send: (body) =>
      change(
        'SendMutation',
        { input: { roomId: room.id, body, nonce: body }, connections: room.connections },
        { sendMessage: { message: { id: `pending ${body}`, number: 2 ** 31 - 1, body } } },
      ),
    markRead: (number) => change('ReadMutation', { input: { roomId: room.id, number } }),
  }
}
