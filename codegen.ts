import type { CodegenConfig } from '@graphql-codegen/cli'

// Types every operation that the tests write with `graphql(…)`, from schema.graphql, into tests/generated/.
export default {
  schema: 'schema.graphql',
  documents: ['tests/**/*.ts', '!tests/generated/**'],
  ignoreNoDocuments: true,
  importExtension: '.ts',
  generates: {
    'tests/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumType: 'string-literal',
        documentMode: 'string',
        defaultScalarType: 'string', // all of our own scalars are strings in JSON
      },
    },
  },
} satisfies CodegenConfig
