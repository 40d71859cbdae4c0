// The graphql-transport-ws protocol, as graphql-ws specifies it: the messages of a socket, and the answer to each.
//
// The server of graphql-ws (`makeServer`) is not used: it would replace handshake.ts, for 1.9 KB more a socket with a
// subscription, and the rest would go around it. Frames of streams are made once for many sockets, where it makes JSON for
// each; answers wait for a slot and for clients that read, and large ones for a turn; every byte said is counted. Each
// socket would have two lists of its operations, one there and one here.

import { CloseCode, MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws'
import { limits } from '../config/config.ts'
import type { TrustedDocuments } from '../http/trusted-documents.ts'
import { closeCodes } from './close-codes.ts'
import { type Connection, endOperation, say } from './connection.ts'
import { createHandshake, endImpatience } from './handshake.ts'
import { createOperations, type OperationOptions } from './operations.ts'

/** The protocol of one server. */
export interface Protocol {
  /** Closes a socket with another subprotocol, or without `connection_init` in time. */
  expect(connection: Connection): void
  /** Handles a text frame. Rejects with errors that the client did not cause. */
  receive(connection: Connection, text: string): Promise<void>
  /** Ends all operations of a closed socket. */
  forget(connection: Connection): void
}

/** Creates the protocol of one server. */
export function createProtocol(options: OperationOptions): Protocol {
  const begin = createOperations(options)
  const handshake = createHandshake(options)

  async function subscribe(connection: Connection, { id, payload }: SubscribeMessage): Promise<void> {
    const { writer, operations, state } = connection
    if (state !== 'acknowledged') writer.close(CloseCode.Unauthorized, 'Unauthorized')
    else if (id.length > limits.operationIdLengthMax) writer.close(CloseCode.BadRequest, 'Invalid message received')
    else if (operations.some((operation) => operation.id === id)) {
      writer.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    } else await begin(connection, id, payload)
  }

  return {
    expect: handshake.expect,
    async receive(connection, text) {
      const message = parse(text, options.trusted)
      // who hides another word in a message is found here
      if (message && message.type !== MessageType.Subscribe && text.length > limits.signalBytesMax) {
        connection.writer.expel(closeCodes.tooLarge, 'Message too large')
        return
      }
      switch (message?.type) {
        case MessageType.ConnectionInit:
          return handshake.letIn(connection, message.payload)
        case MessageType.Subscribe:
          return subscribe(connection, message)
        case MessageType.Complete:
          return complete(connection, message.id)
        case MessageType.Ping:
          return say(connection, { type: MessageType.Pong, payload: repeated(message.payload) })
        case MessageType.Pong:
          return
        // not a message, or one that only servers send
        case undefined:
        case MessageType.ConnectionAck:
        case MessageType.Next:
        case MessageType.Error:
          connection.writer.close(CloseCode.BadRequest, 'Invalid message received')
      }
    },
    forget(connection) {
      connection.state = 'closed'
      endImpatience(connection)
      for (const end of connection.atEnd) end()
      for (const operation of connection.operations) endOperation(connection, operation)
      connection.goOn()
    },
  }
}

/** The payload of a ping, unless it is too large. */
function repeated(payload: unknown): unknown {
  return JSON.stringify(payload ?? null).length <= limits.pongPayloadLengthMax ? payload : undefined
}

/** Parses a message; null when it is invalid. */
function parse(text: string, trusted: TrustedDocuments) {
  try {
    return parseMessage(text.includes('"documentId"') ? resolveText(text, trusted) : text)
  } catch {
    return null
  }
}

/** Puts the text of `documentId` into a message; an empty one for an unknown id, which is refused like an operation. */
function resolveText(text: string, trusted: TrustedDocuments): unknown {
  const { payload, ...message } = JSON.parse(text)
  if (typeof payload !== 'object' || payload === null || !('documentId' in payload)) return JSON.parse(text)
  const { documentId, ...rest } = payload
  const query = rest.query ?? (typeof documentId === 'string' ? trusted.textOf(documentId) : null) ?? ''
  return { ...message, payload: { ...rest, query } }
}

/** Ends an operation that the client has completed. */
function complete(connection: Connection, id: string): void {
  const operation = connection.operations.find((known) => known.id === id)
  if (operation) endOperation(connection, operation)
}
