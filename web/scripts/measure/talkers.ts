import type { Kabar } from '../../../client/src/api/kabar.ts'
import { createKabar } from '../../../client/src/kabar.ts'
import { memorySession } from '../../../client/src/session/storage.ts'
import { demoPassword } from '../../../src/cli/demo-world.ts'

/** People who talk in the room that is measured. */
export interface Talkers {
  /** The code of the room. */
  readonly code: string
  /** Sends so many messages, at most so many in a second; as fast as it goes where that is 0. */
  talk(count: number, perSecond: number): Promise<void>
  /** The text of the message that was sent last. */
  lastWord(): string
  close(): Promise<void>
}

const code = 'TEATABLE'
const names = ['budi', 'chika', 'dewi', 'emil']
const send = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'

/** Signs people of the demo in. */
export async function makeTalkers(url: string): Promise<Talkers> {
  const people = await Promise.all(
    names.map(async (username): Promise<Kabar> => {
      const kabar = createKabar({ url: `${url}/graphql`, sessionStorage: memorySession() })
      await kabar.session.signIn({ username, password: demoPassword })
      return kabar
    }),
  )
  const { room } = (await people[0]?.query<{ room: { id: string } }>(`{ room(code: "${code}") { id } }`)) ?? {}
  let said = 0
  const say = async (kabar: Kabar | undefined) => {
    said += 1
    const body = `message ${said} of many, about as long as people write`
    await kabar?.mutate(send, { input: { roomId: room?.id, body } })
  }
  return {
    code,
    lastWord: () => `message ${said} of many`,
    async talk(count, perSecond) {
      const startedAt = performance.now()
      const last: Promise<void>[] = []
      for (let sent = 0; sent < count; sent++) {
        const at = sent % people.length
        // nobody says two things at once
        await last[at]
        last[at] = say(people[at])
        const restMs = perSecond === 0 ? 0 : startedAt + (sent / perSecond) * 1_000 - performance.now()
        if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
      }
      await Promise.all(last)
    },
    async close() {
      await Promise.all(people.map((kabar) => kabar.close()))
    },
  }
}
