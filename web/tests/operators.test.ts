import { expect } from 'vitest'
import { addOperator } from '../../src/operators/service.ts'
import { type Client, guest } from '../../tests/support/client.ts'
import { joinRoom } from '../../tests/support/members.ts'
import { createRoom, messageOf, type Person, register, say, test } from './setup/pages.ts'

/** Reports the last messages of a room, each for a reason. */
async function report(reporter: Client, code: string, reasons: readonly string[]): Promise<void> {
  const query = 'query ($code: String!, $last: Int!) { room(code: $code) { messages(last: $last) { nodes { id } } } }'
  type Found = { room: { messages: { nodes: { id: string }[] } } }
  const found = await reporter.call<Found>(query, { code, last: reasons.length })
  for (const [index, { id: messageId }] of found.room.messages.nodes.entries()) {
    await reporter.call('mutation ($input: ReportMessageInput!) { reportMessage(input: $input) { report { id } } }', {
      input: { messageId, reason: reasons[index] },
    })
  }
}

const accountMenu = ({ page }: Person) => page.getByRole('button', { name: 'Account menu' })

test('an operator settles reports, suspends who wrote them, and finds it in the audit log; others see nothing', async ({
  one,
  visit,
}) => {
  const [warden, rude] = [await visit(one), await visit(one)]
  await register(rude, 'rude')
  const code = await createRoom(rude, 'Cave')
  for (const text of ['rude words', 'worse words']) {
    await say(rude, text)
    await messageOf(rude, text).getByLabel('Sent').waitFor()
  }
  await rude.page.locator('input[type=file]').setInputFiles({
    ...{ name: 'rude.txt', mimeType: 'text/plain', buffer: Buffer.from('rude, too') },
  })
  await say(rude, 'with a file')
  await messageOf(rude, 'with a file').getByLabel('Sent').waitFor()
  const reader = await guest(one, 'Reader')
  await reader.call(joinRoom, { input: { code } })
  await report(reader, code, ['It is rude.', 'It is worse.', 'The file is rude.'])

  // who is no operator finds neither the entry nor the page, and loads nothing of it
  const loaded: string[] = []
  rude.page.on('request', (request) => loaded.push(request.url()))
  await accountMenu(rude).click()
  await rude.page.getByRole('menuitem', { name: 'Settings' }).waitFor()
  expect(await rude.page.getByRole('menuitem', { name: 'Operator' }).count()).toBe(0)
  await rude.page.goto(`${one.url}/operator`)
  await rude.page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  expect(loaded.filter((url) => url.includes('operator-page'))).toEqual([])
  await rude.page.goto(`${one.url}/r/${code}`)
  await messageOf(rude, 'worse words').waitFor()

  await register(warden, 'warden')
  await addOperator(one.parts, 'warden')
  const { page, conduct } = warden
  await page.reload()
  await accountMenu(warden).click()
  await page.getByRole('menuitem', { name: 'Operator' }).click()
  const entry = (text: string) => page.getByRole('article').filter({ hasText: text })
  await entry('rude words').getByText('It is rude.').waitFor()
  await entry('rude words').getByText('Reader (Guest)').waitFor()
  await entry('rude words').getByRole('button', { name: 'Resolved' }).click()
  await page.getByText('Report resolved').waitFor()
  await entry('rude words').waitFor({ state: 'detached' })
  const file = entry('with a file').getByRole('link', { name: 'rude.txt' })
  const read = async (url: string) => (await fetch(new URL(url, one.url))).text()
  expect(await read((await file.getAttribute('href')) ?? '')).toBe('rude, too')
  await entry('with a file').getByText('9 B').waitFor()
  await entry('with a file').getByRole('button', { name: 'Resolved' }).click()
  await entry('worse words').getByRole('button', { name: 'Delete message' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete message' }).click()
  await page.getByText('No open reports.').waitFor()
  await messageOf(rude, 'Message deleted').waitFor()
  await messageOf(rude, 'rude words').waitFor()

  await page.getByRole('link', { name: 'Users', exact: true }).click()
  await page.getByRole('searchbox').fill('rud')
  const line = page.getByRole('list', { name: 'Users' }).getByRole('listitem')
  await expect.poll(() => line.count()).toBe(1)
  await line.getByRole('button', { name: 'What to do with rude' }).click()
  await page.getByRole('menuitem', { name: 'Suspend' }).click()
  await page.getByLabel('Reason').fill('Rude twice.')
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
  await line.getByText('suspended').waitFor()
  await rude.page.getByText('Your session has ended.').waitFor()

  await page.getByRole('link', { name: 'Audit log' }).click()
  const events = page.getByRole('list', { name: 'Audit log' }).getByRole('listitem')
  for (const [kind, facts] of [
    ['Account suspended', ['by warden (@warden) · about rude (@rude) · Rude twice.']],
    ['Report resolved', [`Cave (${code}) · message deleted`, `Cave (${code})`, `Cave (${code})`]],
  ] as const) {
    await page.getByLabel('Kind').selectOption(kind)
    const counts = async () => [await events.count(), await events.filter({ hasText: kind }).count()]
    await expect.poll(counts).toEqual([facts.length, facts.length])
    for (const [index, fact] of facts.entries()) await events.nth(index).getByText(fact).waitFor()
  }
  expect(conduct.errors).toEqual([])
})
