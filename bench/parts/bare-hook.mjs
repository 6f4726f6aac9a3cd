import Fastify from 'fastify'

// What a webhook costs that takes a body and does nothing with it: the same framework, one route.
const app = Fastify()
app.post('/v1/triggers/alertmanager', async (request, reply) => reply.code(202).send({ episodes: request.body.alerts.length }))
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
