/** An operation with the types of what it takes and gives. It is its text. */
export type Operation<Data, Variables> = string & {
  /** Never there: it carries the types. */
  readonly __apiType?: (variables: Variables) => Data
}

/** Makes an operation of its text and of the fragments that it needs, each once. */
export function define<Data, Variables>(text: string, fragments: readonly string[] = []): Operation<Data, Variables> {
  // what only separates is left out: the server keeps parsed documents by their texts
  return [text, ...fragments].join(' ').replace(/\s+/g, ' ').trim()
}
