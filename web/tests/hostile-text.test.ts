import { expect } from 'vitest'
import { guest, join, makeRoom, send } from '../../tests/support/client.ts'
import { enterAsGuest, messageOf, test } from './setup/pages.ts'

const attacks = [
  '<img src=x onerror="window.hacked = 1">',
  '<script>window.hacked = 1</script>',
  '<svg/onload=window.hacked=1>',
  '"><iframe srcdoc="<script>parent.hacked = 1</script>">',
  '[click](javascript:window.hacked=1)',
  '[click](data:text/html,<script>hacked=1</script>)',
  '[click](https://a.example/"onmouseover="window.hacked=1)',
  '`$' + '{window.hacked = 1}` {{constructor.constructor("hacked=1")()}}',
  'javascript:window.hacked=1',
  '**<img src=x onerror=hacked=1>**',
  '```<script>hacked=1</script>',
  '{name, plural, other {<img src=x onerror=hacked=1>}}',
]

test('nothing that a user writes becomes more than text, wherever it is shown', async ({ one, visit }) => {
  const name = '<img src=x onerror="hacked=1">'
  const mallory = await guest(one, name)
  const roomId = await makeRoom(mallory, [], '<b onclick="hacked=1">room</b>')
  await mallory.call(
    'mutation ($roomId: ID!, $text: String!) { updateRoom(input: { roomId: $roomId, description: $text }) { room { id } } }',
    { roomId, text: attacks.join('\n').slice(0, 900) },
  )
  await mallory.call('mutation ($text: String!) { updateProfile(input: { bio: $text }) { viewer { user { id } } } }', {
    text: attacks.join('\n').slice(0, 480),
  })
  for (const attack of attacks) await send(mallory, roomId, attack)
  const victim = await visit({ url: one.url, path: `/j/${roomId}` })
  await enterAsGuest(victim, 'Victim')
  const { page, conduct } = victim
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await messageOf(victim, attacks.at(-1) ?? '').waitFor()
  await join(await guest(one, name), roomId)
  await page.getByRole('button', { name: 'Room details' }).click()
  await page.getByRole('tab', { name: 'About' }).click()
  await page.getByText('javascript:window.hacked=1').first().waitFor()
  await page.getByRole('tab', { name: 'Members' }).click()
  await page.getByRole('tabpanel').getByRole('button', { name }).first().click()
  await page.getByRole('dialog').getByText('onerror').first().waitFor()
  await page.keyboard.press('Escape')
  await page.goto(`${one.url}/discover`)
  await page.getByRole('link', { name: /room/ }).first().waitFor()

  const found = await page.evaluate(() => ({
    hacked: 'hacked' in window,
    elements: document.querySelectorAll(
      'img[onerror], iframe, svg[onload], script:not([src]), [onclick], [onmouseover]',
    ).length,
  }))
  expect(found).toEqual({ hacked: false, elements: 0 })
  const links = await page.evaluate(() => [...document.querySelectorAll('a')].map(({ protocol }) => protocol))
  expect(links.filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol))).toEqual([])
  expect(conduct).toEqual({ foreign: [], errors: [] })
})

test('links in messages lead away without telling where from, and only to the web', async ({ one, visit }) => {
  const mallory = await guest(one)
  const roomId = await makeRoom(mallory)
  await send(mallory, roomId, 'https://example.org/ and [label](https://example.net/x) [bad](javascript:alert(1))')
  const victim = await visit({ url: one.url, path: `/j/${roomId}` })
  await enterAsGuest(victim, 'Victim')
  await victim.page.getByRole('button', { name: 'Join', exact: true }).click()
  const links = messageOf(victim, 'example.org').getByRole('link')
  await links.first().waitFor()
  const shown = await links.evaluateAll((all) =>
    all.map((link) => [link.getAttribute('href'), link.getAttribute('rel'), link.getAttribute('target')]),
  )
  const rel = 'noopener noreferrer nofollow'
  expect(shown).toEqual([
    ['https://example.org/', rel, '_blank'],
    ['https://example.net/x', rel, '_blank'],
  ])
})
