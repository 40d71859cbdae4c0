import { useKabar, useRooms } from 'kabar-client/react'
import { useEffect, useRef, useState } from 'react'
import { useText } from './locale.tsx'

/** Tells whether the browser may show notifications, and how to ask. */
export function useNotificationPermission(): { state: NotificationPermission | 'missing'; ask: () => void } {
  const [state, setState] = useState<NotificationPermission | 'missing'>(() =>
    'Notification' in globalThis ? Notification.permission : 'missing',
  )
  const ask = () => void Notification.requestPermission().then(setState)
  return { state, ask }
}

/** Shows a notification for what comes while the page is out of sight, by the level of its room. */
export function useNotifications(): void {
  const t = useText()
  const kabar = useKabar()
  const { rooms, isLoaded } = useRooms()
  const told = useRef<Map<string, number> | null>(null)

  useEffect(() => {
    if (!isLoaded) return
    const before = told.current
    told.current = new Map(rooms.map(({ id, room }) => [id, room.lastMessage?.number ?? 0]))
    if (!before || !document.hidden || !('Notification' in globalThis) || Notification.permission !== 'granted') return
    for (const { id, title, room, membership, unreadCount } of rooms) {
      const last = room.lastMessage
      const isNew = last && unreadCount > 0 && last.number > (before.get(id) ?? last.number)
      if (!isNew || last.kind === 'SYSTEM' || membership.notifications !== 'ALL') continue
      show(title || t('rooms.unnamed'), `${last.author?.displayName ?? ''}: ${last.body}`, id)
    }
  }, [rooms, isLoaded, t])

  useEffect(
    () =>
      kabar.onMention(({ roomId, message }) => {
        if (!document.hidden || !('Notification' in globalThis) || Notification.permission !== 'granted') return
        show(t('notifications.mention', { name: message.author?.displayName ?? '' }), message.body, roomId)
      }),
    [kabar, t],
  )
}

/** The newest of a room takes the place of the one before. */
function show(title: string, body: string, tag: string): void {
  const options = { body: body.slice(0, 200), tag, icon: '/icon.svg' }
  navigator.serviceWorker?.getRegistration().then(
    (registration) => {
      if (registration) return registration.showNotification(title, options)
      new Notification(title, options)
      return undefined
    },
    () => {},
  )
}
