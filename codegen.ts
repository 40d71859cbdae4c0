import type { CodegenConfig } from '@graphql-codegen/cli'

// Types operations from schema.graphql: those that the tests write with `graphql(…)` into tests/generated/, and those of the
// client package into client/src/generated/. Both throw on errors, so that fields with @semanticNonNull are not null to them.
export default {
  schema: 'schema.graphql',
  ignoreNoDocuments: true,
  importExtension: '.ts',
  generates: {
    'tests/generated/': {
      documents: ['tests/**/*.ts', '!tests/generated/**'],
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        nullability: { errorHandlingClient: true },
        useTypeImports: true,
        enumType: 'string-literal',
        documentMode: 'string',
        defaultScalarType: 'string', // all of our own scalars are strings in JSON
      },
    },
    'client/src/generated/operations.ts': {
      documents: ['client/src/operations/*.ts'],
      plugins: ['typescript-operations'],
      config: {
        nullability: { errorHandlingClient: true },
        useTypeImports: true,
        enumType: 'string-literal',
        immutableTypes: true,
        scalars: { ID: 'string' },
        defaultScalarType: 'string',
      },
    },
  },
} satisfies CodegenConfig
