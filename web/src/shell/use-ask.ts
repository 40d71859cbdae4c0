// Operations of pages besides the store: a query that is asked when it is shown, and work that somebody waits for.

import { KabarError } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { useCallback, useEffect, useRef, useState } from 'react'

/** An answer, or why there is none yet. */
export interface Asked<Data> {
  readonly data: Data | null
  readonly error: KabarError | null
  readonly isLoading: boolean
  /** Asks again; what is shown stays until the answer comes. */
  again(): void
}

/** Asks a query, and again when its variables change. Null asks nothing. */
export function useAsk<Data>(document: string, variables: Record<string, unknown> | null): Asked<Data> {
  const kabar = useKabar()
  const key = variables && JSON.stringify(variables)
  const [round, setRound] = useState(0)
  const [state, setState] = useState<{
    key: string | null
    data: Data | null
    error: KabarError | null
    isLoading: boolean
  }>({ key: null, data: null, error: null, isLoading: key !== null })
  // a new round asks the same again
  useEffect(() => {
    if (key === null) return
    const abort = new AbortController()
    setState((before) => ({ ...before, isLoading: true }))
    kabar.query<Data>(document, JSON.parse(key), { signal: abort.signal }).then(
      (data) => {
        if (!abort.signal.aborted) setState({ key, data, error: null, isLoading: false })
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setState((before) => ({ ...before, key, error: asKabarError(error), isLoading: false }))
      },
    )
    return () => abort.abort()
  }, [kabar, document, key, round])
  const again = useCallback(() => setRound((before) => before + 1), [])
  const isOther = key !== state.key
  return {
    data: state.data,
    error: isOther ? null : state.error,
    isLoading: state.isLoading || (isOther && key !== null),
    again,
  }
}

/** Work that somebody waits for, one at a time. */
export interface Work {
  readonly isBusy: boolean
  readonly error: KabarError | null
  /** Runs it. False when it failed; the error is kept until the next. */
  run(work: () => Promise<unknown>): Promise<boolean>
  clear(): void
}

/** Runs work and keeps what went wrong with it. */
export function useWork(): Work {
  const [state, setState] = useState<{ isBusy: boolean; error: KabarError | null }>({ isBusy: false, error: null })
  const isBusy = useRef(false)
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (isBusy.current) return false
    isBusy.current = true
    setState({ isBusy: true, error: null })
    try {
      await work()
      setState({ isBusy: false, error: null })
      return true
    } catch (error) {
      setState({ isBusy: false, error: asKabarError(error) })
      return false
    } finally {
      isBusy.current = false
    }
  }, [])
  const clear = useCallback(() => setState({ isBusy: false, error: null }), [])
  return { ...state, run, clear }
}

/** Takes an error as one of Kabar's; others are faults of the page itself. */
export function asKabarError(error: unknown): KabarError {
  if (error instanceof KabarError) return error
  return new KabarError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
}
