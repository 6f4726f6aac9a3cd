import Fastify from 'fastify'

// What an HTTP server costs that does nothing else: the same framework, one route.
const app = Fastify()
app.get('/healthz', async () => ({ status: 'ok' }))
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
