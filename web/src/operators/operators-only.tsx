import { lazy } from 'react'
import { ErrorText } from '../shell/error-text.tsx'
import { MissingPage } from '../shell/message.tsx'
import { useIsOperator } from './use-is-operator.ts'

const OperatorPage = lazy(() => import('./operator-page.tsx').then(({ OperatorPage: page }) => ({ default: page })))

/** The pages of operators; for all others there is no such page, and nothing of it is loaded. */
export function OperatorsOnly({ section }: { section: string }) {
  const { isOperator, isLoading, error } = useIsOperator()
  if (isOperator) return <OperatorPage section={section} />
  if (isLoading) return null
  return error ? <ErrorText error={error} /> : <MissingPage />
}
