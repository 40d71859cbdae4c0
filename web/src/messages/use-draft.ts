import { useCallback, useState } from 'react'

/** Keeps what is being written in a room, also while other rooms are open and over reloads. */
export function useDraft(roomId: string): [string, (text: string) => void] {
  const key = `kabar.draft.${roomId}`
  const [text, setText] = useState(() => localStorage.getItem(key) ?? '')
  const set = useCallback(
    (value: string) => {
      setText(value)
      if (value === '') localStorage.removeItem(key)
      else localStorage.setItem(key, value)
    },
    [key],
  )
  return [text, set]
}
