// Parsing with limits: tokens and nesting are checked before the parser recurses.

import { type DocumentNode, Lexer, type ParseOptions, parse, Source, TokenKind } from 'graphql'
import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/**
 * Parses a document of up to `tokensMax` tokens and `nestingMax` nested brackets.
 *
 * @param onRead receives the number of tokens read, also when the document is refused.
 * @throws AppError OPERATION_TOO_COMPLEX, or a GraphQLError when the syntax is invalid.
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

/** Creates a lexer that stops at the first token above a limit, before the parser sees it. */
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
    if (tokens > tokensMax) throw tooComplex(`A document may have ${tokensMax} tokens. Send a smaller document.`)
    if (opening.has(token.kind)) depth += 1
    else if (closing.has(token.kind)) depth -= 1
    if (depth > nestingMax) throw tooComplex(`Brackets may be nested ${nestingMax} levels deep.`)
    return token
  }
  return { lexer, tokens: () => tokens }
}

/** Creates the error of an operation above a limit. */
export function tooComplex(message: string): AppError {
  return new AppError('OPERATION_TOO_COMPLEX', message)
}
