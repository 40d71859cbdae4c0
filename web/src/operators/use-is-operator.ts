import type { KabarError } from 'kabar-client'
import { type IsOperatorData, isOperatorQuery } from '../account/operations.ts'
import { useAsk } from '../shell/use-ask.ts'
import { useViewer } from '../shell/viewer.tsx'

/** Tells whether the viewer is an operator of the server, in this session. Guests are none, and are not asked for. */
export function useIsOperator(): { isOperator: boolean; isLoading: boolean; error: KabarError | null } {
  const { isGuest } = useViewer()
  const { data, isLoading, error } = useAsk<IsOperatorData>(isOperatorQuery, isGuest ? null : {})
  return { isOperator: data?.viewer.isOperator ?? false, isLoading, error }
}
