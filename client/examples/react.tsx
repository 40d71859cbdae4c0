import { createKabar, indexedDb } from 'kabar-client'
import { KabarProvider, useConnection, useRoom, useRooms, useSession } from 'kabar-client/react'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'

const kabar = createKabar({ url: '/graphql', persistence: indexedDb() }) // over reloads, for all tabs
const create = 'mutation ($text: String!) { createRoom(input: { name: $text }) { room { id } } }'
const join = 'mutation ($text: String!) { joinRoom(input: { code: $text }) { room { id } } }'

function Line({ hint, ...more }: { hint: string; send(text: string): unknown; onInput?(): void; disabled?: boolean }) {
  const { send, ...input } = more
  return (
    <form action={(data) => void send(String(data.get('text')))}>
      <input name="text" placeholder={hint} {...input} />
    </form>
  )
}

function Room({ id }: { id: string }) {
  const room = useRoom(id)
  const { status } = useConnection()
  return (
    <main>
      <h1>{status === 'live' ? room.title : `${room.title} (${status})`}</h1>
      {room.hasOlder && <button onClick={room.loadOlder}>Older</button>}
      {room.messages.map((m) => (
        <p key={m.key} data-state={m.state}>
          <b>{m.author?.displayName}</b> {m.body}
          {m.state === 'failed' && <button onClick={m.retry}>{m.error?.message} Retry</button>}
        </p>
      ))}
      {room.hasNewer && <button onClick={room.showNewest}>Newest</button>}
      <Line
        hint="Say something"
        send={(body) => room.send({ body }).catch(() => {})}
        onInput={room.keystroke}
        disabled={!room.can.send.allowed}
      />
    </main>
  )
}

function App() {
  const { status, signInAsGuest } = useSession()
  const { rooms } = useRooms()
  const [open, setOpen] = useState<string | null>(null)
  if (status !== 'signed-in') return <Line hint="Your name" send={(displayName) => signInAsGuest({ displayName })} />
  return (
    <>
      {rooms.map(({ id, title, unreadCount, room }) => (
        <button key={id} onClick={() => setOpen(id)}>{`${title} ${room.code} ${unreadCount || ''}`}</button>
      ))}
      <Line hint="A new room" send={(text) => kabar.mutate(create, { text })} />
      <Line hint="The code of a room" send={(text) => kabar.mutate(join, { text })} />
      {open && <Room id={open} />}
    </>
  )
}
const app = document.getElementById('app')
if (app) createRoot(app).render(<KabarProvider kabar={kabar} children={<App />} />)
