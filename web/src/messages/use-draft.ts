import { useCallback, useState } from 'react'
import { keepText, readText } from '../shell/browser-storage.ts'
import { userKey } from '../shell/user-storage.ts'
import { useViewer } from '../shell/viewer.tsx'

/** Keeps the draft of the viewer in a room, over reloads too, until they sign out. */
export function useDraft(roomId: string): [string, (text: string) => void] {
  const key = userKey(useViewer().id, `draft.${roomId}`)
  const [text, setText] = useState(() => readText(key) ?? '')
  const set = useCallback(
    (value: string) => {
      setText(value)
      keepText(key, value === '' ? null : value)
    },
    [key],
  )
  return [text, set]
}
