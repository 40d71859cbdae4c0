// The text of a document: bounded in what it holds before a parser goes down into it.

import { type DocumentNode, Lexer, type ParseOptions, parse, Source, TokenKind } from 'graphql'
import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/**
 * Parses a document of up to `tokensMax` tokens and `nestingMax` nested brackets.
 *
 * @param onRead is told what was read, also when the document is refused.
 * @throws AppError OPERATION_TOO_COMPLEX, or a GraphQLError where it is no GraphQL.
 */
export function parseBounded(
  text: string | Source,
  { options, onRead }: { options?: ParseOptions | undefined; onRead: (tokens: number, characters: number) => void },
): DocumentNode {
  const { lexer, tokens } = createBoundedLexer(typeof text === 'string' ? new Source(text) : text)
  try {
    return parse(lexer.source, { ...options, lexer })
  } finally {
    onRead(tokens(), lexer.token.end)
  }
}

/** Makes a lexer that stops at the first token past a bound, which is before the parser has seen it. */
function createBoundedLexer(source: Source): { lexer: Lexer; tokens: () => number } {
  const { tokensMax, nestingMax } = operationLimits
  const lexer = new Lexer(source)
  const advance = lexer.advance.bind(lexer)
  let tokens = 0
  let depth = 0
  lexer.advance = () => {
    const token = advance()
    if (token.kind === TokenKind.EOF) return token
    tokens += 1
    if (tokens > tokensMax) throw tooComplex(`A document may have ${tokensMax} tokens. Send less at once.`)
    if (opening.has(token.kind)) depth += 1
    else if (closing.has(token.kind)) depth -= 1
    if (depth > nestingMax) throw tooComplex(`Brackets may be ${nestingMax} deep within each other.`)
    return token
  }
  return { lexer, tokens: () => tokens }
}

/** The error of an operation that is past a bound. */
export function tooComplex(message: string): AppError {
  return new AppError('OPERATION_TOO_COMPLEX', message)
}
