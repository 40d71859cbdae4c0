import { createContext, createElement, type ReactNode, useContext } from 'react'
import type { Kabar } from '../api/kabar.ts'

const KabarContext = createContext<Kabar | null>(null)

/** Gives a client to all components inside. */
export function KabarProvider({ kabar, children }: { kabar: Kabar; children?: ReactNode }): ReactNode {
  return createElement(KabarContext.Provider, { value: kabar }, children)
}

/** The client of the nearest KabarProvider. */
export function useKabar(): Kabar {
  const kabar = useContext(KabarContext)
  if (!kabar) throw new Error('useKabar and the other hooks need a <KabarProvider kabar={createKabar(…)}> around them.')
  return kabar
}
