import { bodies } from '../../model/request.ts'
import type { Api } from '../context.ts'
import { readDrills } from '../drills/read.ts'
import { scheduleDrill, unscheduleDrill } from '../drills/schedule.ts'
import { startDrill } from '../drills/start.ts'
import { stopDrills } from '../drills/stop.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { DrillRequest, DrillSchedule, DrillsDocument, DrillsStopped, DrillStarted } from '../schemas/drills.ts'
import { Place } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

const tags = ['drills']
const url = '/v1/drills/:environment/:service'

/** Drills: a runbook's data steps carried out and taken away again, now or from time to time, and what came of it. */
export function drillRoutes(app: App, api: Api): void {
  app.route({
    method: 'POST',
    url: '/v1/drills',
    schema: {
      operationId: 'startDrill',
      summary: 'Drill a runbook now: carry out what touches nothing that serves, check it, and take it away again',
      tags,
      body: DrillRequest,
      response: { 202: DrillStarted, ...problems(404, 409, 413, 415) },
    },
    handler: async (request, reply) =>
      reply.code(202).send(await startDrill(api, request.body, callerOf(request).actor)),
  })
  app.route({
    method: 'GET',
    url,
    schema: {
      operationId: 'readDrills',
      summary: 'Read how the drills of a service ended, and when the next one is',
      tags,
      params: Place,
      response: { 200: DrillsDocument, ...problems() },
    },
    handler: (request) => readDrills(api, request.params),
  })
  app.route({
    method: 'POST',
    url: `${url}/abort`,
    schema: {
      operationId: 'stopDrills',
      summary: 'End the drills of a service that run now; what they have made is taken away',
      tags,
      params: Place,
      body: bodies.reason,
      response: { 200: DrillsStopped, ...problems(404, 409, 413, 415) },
    },
    handler: (request) => stopDrills(api, request.params, request.body.note, callerOf(request).actor),
  })
  scheduleRoutes(app, api)
}

function scheduleRoutes(app: App, api: Api): void {
  app.route({
    method: 'PUT',
    url: `${url}/schedule`,
    schema: {
      operationId: 'scheduleDrill',
      summary: 'Drill a service from time to time; the runbook as it stands now',
      tags,
      params: Place,
      body: DrillSchedule,
      response: { 200: DrillsDocument, ...problems(404, 409, 413, 415) },
    },
    handler: async (request) => {
      await scheduleDrill(api, request.params, request.body, callerOf(request).actor)
      return readDrills(api, request.params)
    },
  })
  app.route({
    method: 'DELETE',
    url: `${url}/schedule`,
    schema: {
      operationId: 'unscheduleDrill',
      summary: 'End the schedule of a service’s drills; what was drilled stays in the archive',
      tags,
      params: Place,
      response: { 200: DrillsDocument, ...problems(404) },
    },
    handler: async (request) => {
      await unscheduleDrill(api, request.params)
      return readDrills(api, request.params)
    },
  })
}
