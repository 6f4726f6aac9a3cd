import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { App } from './http/app-type.ts'
import { tidyDocument } from './openapi.ts'
import { isOperation, rights } from './rights.ts'

const transform = createJsonSchemaTransform({})
const transformObject = createJsonSchemaTransformObject({})

/** The OpenAPI 3.1 document, made from the schemas that the routes validate with, and its browsable form under /docs. */
export function documentation(app: App): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Unwind',
        version: '1',
        description:
          'Durable rollback and recovery. Every error is a problem document (RFC 9457) whose `code` is from one closed table.',
      },
      tags: [
        { name: 'rollbacks', description: 'Start, plan, read, watch and take back rollbacks' },
        { name: 'decisions', description: 'What people say to a running rollback' },
        { name: 'services', description: 'What a service could go back to' },
        { name: 'triggers', description: 'Alerts that come in, and what is proposed because of them' },
        { name: 'runbooks', description: 'Procedures that are kept in files: list, read and check them' },
        { name: 'reports', description: 'Figures over many rollbacks, and what they left owed' },
        { name: 'health', description: 'Whether the API lives and can carry anything out' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: (document) => {
      const { schema, url } = transform(document)
      const id = document.schema?.operationId
      if (!isOperation(id)) return { schema: { ...schema, hide: true }, url }
      const right = rights[id]
      return { schema: { ...schema, security: right ? [{ token: [] }] : [], 'x-unwind-right': right ?? 'none' }, url }
    },
    transformObject: (document) => tidyDocument(transformObject(document)),
  })
  app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true } })
  app.after(() => {
    app.route({
      method: 'GET',
      url: '/openapi.json',
      schema: {
        operationId: 'readOpenApi',
        summary: 'This document',
        tags: ['health'],
        response: { 200: z.record(z.string(), z.unknown()) },
      },
      handler: async () => app.swagger() as unknown as Record<string, unknown>,
    })
  })
}
