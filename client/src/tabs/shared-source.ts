// One connection for all tabs: the leader's. The others ask it for streams over a BroadcastChannel.

import { bounds } from '../config.ts'
import { keepError, thrownOf } from '../outbox/records.ts'
import type { SourceState, StreamSink, StreamSource } from '../transport/source.ts'
import type { Follow } from '../transport/streams.ts'
import { joinElection } from './leadership.ts'
import { tabLock } from './locks.ts'
import type { TabMessage } from './messages.ts'

/** The parts of the client that sharing uses. */
export interface SharingParts {
  /** Names the account at its server. */
  readonly name: string
  readonly tabId: string
  readonly locks: LockManager
  /** Follows over the connection of this tab. */
  readonly follow: Follow
  /** How the connection of this tab is, while it leads. */
  ownState(): SourceState
  /** This tab leads now, or another one does. */
  changed(role: 'leader' | 'follower'): void
  /** How the connection of the leader is. */
  report(state: SourceState): void
  /** Tries at once, as the leader. */
  hurry(): void
}

/** A connection that tabs share. */
export interface SharedSource {
  /** The source of a tab that follows. */
  readonly source: StreamSource
  readonly role: 'leader' | 'follower' | null
  /** The connection of this tab has changed: the others are told. */
  tell(): void
  close(): void
}

/** Takes part in sharing one connection. */
export function shareConnection(parts: SharingParts): SharedSource {
  const { name, tabId, locks, follow, ownState, changed, report } = parts
  const channel = new BroadcastChannel(name)
  let role: SharedSource['role'] = null
  /** Streams that this tab has asked for. */
  const asked = new Map<string, StreamSink>()
  /** Streams that this tab follows for others, by tab and id. */
  const served = new Map<string, Map<string, () => void>>()
  let counter = 0
  let isClosed = false
  const post = (message: TabMessage) => {
    if (!isClosed) channel.postMessage(message)
  }

  function beat(isNew = false): void {
    if (role !== 'leader') return
    const { phase, error } = ownState()
    post({ kind: 'beat', isNew, phase, error: error && keepError(error) })
  }

  const election = joinElection(`${name} leader`, {
    locks,
    lead() {
      role = 'leader'
      asked.clear()
      changed('leader')
      beat(true)
    },
    follow() {
      role = 'follower'
      for (const tab of [...served.keys()]) forget(tab)
      changed('follower')
      post({ kind: 'hurry' })
    },
    alone() {
      leave()
      role = 'leader'
      asked.clear()
      changed('leader')
    },
  })
  const pulse = setInterval(beat, bounds.beatMs)

  /** Nothing is said to other tabs any more, nor heard from them. */
  function leave(): void {
    clearInterval(pulse)
    for (const tab of [...served.keys()]) forget(tab)
    isClosed = true
    channel.close()
  }

  function serve({ from, id, payload }: Extract<TabMessage, { kind: 'subscribe' }>): void {
    let streams = served.get(from)
    if (!streams) {
      streams = new Map()
      served.set(from, streams)
      // granted when that tab is gone
      locks.request(tabLock(from), { mode: 'shared' }, () => forget(from)).catch(() => {})
    }
    streams.get(id)?.()
    const stop = follow({
      query: payload.query,
      variables: payload.variables,
      next: (data) => post({ kind: 'next', to: from, id, data }),
      error: (error) => post({ kind: 'error', to: from, id, error: keepError(error) }),
      complete: () => post({ kind: 'complete', to: from, id }),
    })
    streams.set(id, stop)
  }

  function forget(tab: string): void {
    for (const stop of served.get(tab)?.values() ?? []) stop()
    served.delete(tab)
  }

  function hear(message: TabMessage): void {
    switch (message.kind) {
      case 'subscribe':
        if (role === 'leader') serve(message)
        return
      case 'stop':
        served.get(message.from)?.get(message.id)?.()
        served.get(message.from)?.delete(message.id)
        return
      case 'hurry':
        if (role !== 'leader') return
        parts.hurry()
        beat()
        return
      case 'beat':
        if (role !== 'follower') return
        election.heard()
        report({ phase: message.phase, error: message.error && thrownOf(message.error), retryAt: null })
        if (message.isNew) changed('follower')
        return
      case 'next':
      case 'error':
      case 'complete':
        if (message.to === tabId) pass(message)
    }
  }

  function pass(message: Extract<TabMessage, { to: string }>): void {
    const sink = asked.get(message.id)
    if (message.kind === 'next') sink?.next({ data: message.data })
    else asked.delete(message.id)
    if (message.kind === 'error') sink?.error(thrownOf(message.error))
    if (message.kind === 'complete') sink?.complete()
  }

  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => hear(data)

  return {
    source: {
      subscribe(payload, sink) {
        counter += 1
        const id = `${tabId} ${counter}`
        asked.set(id, sink)
        post({
          kind: 'subscribe',
          from: tabId,
          id,
          payload: { query: payload.query, variables: { ...payload.variables } },
        })
        return () => {
          if (asked.delete(id)) post({ kind: 'stop', from: tabId, id })
        }
      },
      hurry: () => post({ kind: 'hurry' }),
      close() {},
    },
    get role() {
      return role
    },
    tell: () => beat(),
    close() {
      election.close()
      leave()
      role = null
      const ended = [...asked.values()]
      asked.clear()
      for (const sink of ended) sink.complete()
    },
  }
}
