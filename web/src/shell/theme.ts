// How the pages look, as far as a person may choose: kept in the browser.

import { useSyncExternalStore } from 'react'
import { keepText, readText } from './browser-storage.ts'

/** Follow the system, or not. */
export type Theme = 'system' | 'light' | 'dark'

const storageKey = 'kabar.theme'
const changed = 'kabar-settings'

/** Puts the theme that was chosen onto the page. */
export function applyTheme(theme = readTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

function readTheme(): Theme {
  const kept = readText(storageKey)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Gives the theme and changes it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useSetting(storageKey, 'system')
  const choose = (chosen: Theme) => {
    setTheme(chosen)
    applyTheme(chosen)
  }
  return [theme === 'light' || theme === 'dark' ? theme : 'system', choose]
}

/** Gives a setting of this browser and changes it, in all components at once. */
export function useSetting(key: string, initial: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    (listener) => {
      addEventListener('storage', listener)
      addEventListener(changed, listener)
      return () => {
        removeEventListener('storage', listener)
        removeEventListener(changed, listener)
      }
    },
    () => readText(key) ?? initial,
  )
  const set = (next: string) => {
    keepText(key, next)
    dispatchEvent(new Event(changed))
  }
  return [value, set]
}
