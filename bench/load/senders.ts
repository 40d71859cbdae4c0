// Senders in a closed loop: each sends its next message when the last one is answered.

import { connectGraphQL, operation } from './dialects.ts'
import { openHttp } from './http.ts'

/** Somebody with a connection, who sends into one room. */
export interface Sender {
  /** Sends a message; resolves when the server says that it is stored. */
  send(): Promise<void>
  end(): void
}

/** The senders and their rooms. */
export interface SenderOptions {
  readonly url: string
  readonly token: string
  /** The row's id: what servers without sign-in are told. */
  readonly userId: string
  readonly roomId: string
  readonly body: string
}

/** The counts and times of senders in one measurement. */
export interface SendTimes {
  readonly perSecond: number
  readonly latenciesMs: readonly number[]
}

const mutation = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id number } } }'
const completeBytesMax = 60

/** Opens a sender over a WebSocket with graphql-ws. */
export async function openSocketSender({ url, token, userId, roomId, body }: SenderOptions): Promise<Sender> {
  const socket = await connectGraphQL({ url, token, userId })
  const variables = { input: { roomId, body } }
  let operations = 0
  let answered = () => {}
  socket.onText = (payload) => {
    if (payload.length < completeBytesMax) return
    refuseErrors(String(payload))
    answered()
  }
  socket.onClosed = () => {
    throw new Error('the server closed the socket of a sender')
  }
  return {
    send() {
      operations += 1
      socket.send(operation(String(operations), mutation, variables))
      return new Promise((resolve) => {
        answered = resolve
      })
    },
    end() {
      socket.onClosed = () => {}
      socket.end()
    },
  }
}

/** Opens a sender over an HTTP connection that is kept alive. */
export async function openHttpSender({ url, token, userId, roomId, body }: SenderOptions): Promise<Sender> {
  const connection = await openHttp(url, { authorization: `Bearer ${token}`, 'x-user-id': userId })
  const request = JSON.stringify({ query: mutation, variables: { input: { roomId, body } } })
  return {
    async send() {
      refuseErrors(await connection.post(request))
    },
    end: connection.end,
  }
}

/** Lets all senders send for a while, and until they have sent `countMin` messages together. */
export async function sendFor(senders: readonly Sender[], ms: number, countMin = 0): Promise<SendTimes> {
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const until = startedAt + ms
  await Promise.all(
    senders.map(async (sender) => {
      while (performance.now() < until || latenciesMs.length < countMin) {
        const sentAt = performance.now()
        await sender.send()
        latenciesMs.push(performance.now() - sentAt)
      }
    }),
  )
  return { perSecond: latenciesMs.length / ((performance.now() - startedAt) / 1_000), latenciesMs }
}

function refuseErrors(answer: string): void {
  if (!answer.includes('"number":')) throw new Error(`a send failed: ${answer}`)
}
