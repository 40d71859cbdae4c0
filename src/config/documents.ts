// Trusted documents. A part of config.ts.

import { z } from 'zod'

/** The environment variables of trusted documents. */
export const documentVariables = {
  TRUSTED_DOCUMENTS: {
    schema: z.literal('only').optional(),
    default: '',
    description:
      '`only` refuses operations that are not in `documents.json` or TRUSTED_DOCUMENTS_FILE. The web client and kabar-client work; GraphiQL is off.',
  },
  TRUSTED_DOCUMENTS_FILE: {
    schema: z.string().min(1).optional(),
    default: '',
    description:
      'A JSON file with the documents of your own clients: an object of ids and texts, as GraphQL Code Generator writes it (`persistedDocuments`).',
  },
} as const

/** Settings of trusted documents. */
export interface DocumentConfig {
  /** True when all other documents are refused. */
  readonly onlyTrusted: boolean
  /** The file with further ones; null for none. */
  readonly file: string | null
}

type Values = { [K in keyof typeof documentVariables]: z.output<(typeof documentVariables)[K]['schema']> }

/** Reads the settings of trusted documents. */
export function readDocumentConfig(values: Values): DocumentConfig {
  return { onlyTrusted: values.TRUSTED_DOCUMENTS === 'only', file: values.TRUSTED_DOCUMENTS_FILE ?? null }
}

/** Limits of trusted documents, which stay in memory. */
export const documentLimits = {
  /** Documents of a file. */
  countMax: 5_000,
  /** Total characters of a file. */
  textMax: 8 * 1_048_576,
  /** Total characters of the documents whose parsed form stays in memory; others are cached like all documents. */
  pinnedTextMax: 131_072,
} as const
