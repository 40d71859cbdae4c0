import { describe, expect, test } from 'vitest'
import { compare } from './comparison.ts'
import { completionCases } from './completion-cases.ts'
import { failureCases } from './failure-cases.ts'
import { operationCases } from './operation-cases.ts'

describe.for([
  ['operations', operationCases],
  ['completion', completionCases],
  ['failures', failureCases],
] as const)('%s are as those of graphql:', ([, cases]) => {
  test.for(Object.entries(cases))('%s', async ([, one]) => {
    const { expected, first, again } = await compare(one)
    expect(first).toEqual(expected)
    expect(again).toEqual(expected)
  })
})
