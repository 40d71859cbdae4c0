import type { CreateUploadMutation, CreateUploadMutationVariables } from '../generated/operations.ts'
import { define } from './define.ts'
import { mediaFields } from './fragments.ts'

/** Announces a file. */
export const createUploadMutation = define<CreateUploadMutation, CreateUploadMutationVariables>(
  /* GraphQL */ `
  mutation CreateUpload($input: CreateUploadInput!) {
    result: createUpload(input: $input) { uploadUrl expiresAt media { ...MediaFields } }
  }`,
  [mediaFields],
)
