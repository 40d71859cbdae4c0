import type { ServerOptions } from 'graphql-ws'
import type { Extra } from 'graphql-ws/use/ws'
import type { YogaServerInstance } from 'graphql-yoga'

// graphql-ws hands the arguments of an operation from onSubscribe to execute and subscribe as they are
type Executes = { rootValue: { execute(args: unknown): never; subscribe(args: unknown): never } }

/** The options for graphql-ws from Yoga's documentation: every operation runs with Yoga's plugins. */
export function yogaOverWebSocket(
  // biome-ignore lint/suspicious/noExplicitAny: whatever context the server has
  yoga: YogaServerInstance<any, any>,
): ServerOptions<Record<string, unknown>, Extra> {
  return {
    execute: (args) => (args as unknown as Executes).rootValue.execute(args),
    subscribe: (args) => (args as unknown as Executes).rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { request, socket } = context.extra
      const enveloped = yoga.getEnveloped({ ...context, req: request, socket, params })
      const document = enveloped.parse(params.query)
      const errors = enveloped.validate(enveloped.schema, document)
      if (errors.length > 0) return errors
      return {
        schema: enveloped.schema,
        operationName: params.operationName,
        document,
        variableValues: params.variables,
        contextValue: await enveloped.contextFactory(),
        rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
      }
    },
  }
}
