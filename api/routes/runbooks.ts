import { measurements } from '../../activities/checks/schemas.ts'
import { runbookNamed } from '../../config/runbooks/library.ts'
import { lintRunbook } from '../../config/runbooks/lint.ts'
import { type LoadedRunbook, surroundingsOf } from '../../model/runbook/loaded.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { problems } from '../schemas/problem.ts'
import { LintAnswer, LintRequest, RunbookAnswer, RunbookList, WhichRunbook } from '../schemas/runbooks.ts'

const tags = ['runbooks']

/** Listing, reading and checking runbooks. They are read anew for each request. */
export function runbookRoutes(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/runbooks',
    schema: {
      operationId: 'listRunbooks',
      summary: 'List the runbooks that the configuration leads to, by name',
      tags,
      response: { 200: RunbookList, ...problems(404) },
    },
    handler: async (request) => {
      const { environments } = callerOf(request)
      const { runbooks, broken } = await api.library()
      const shown = [...runbooks.values()].map((loaded) => summaryOf(api, loaded, environments))
      return { runbooks: shown.toSorted((a, b) => (a.name < b.name ? -1 : 1)), broken }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/runbooks/:name',
    schema: {
      operationId: 'readRunbook',
      summary: 'Read one runbook, with its revision and where it was read',
      tags,
      params: WhichRunbook,
      response: { 200: RunbookAnswer, ...problems(404) },
    },
    handler: async (request) => {
      const loaded = runbookNamed(await api.library(), request.params.name)
      return { ...summaryOf(api, loaded, callerOf(request).environments), document: { ...loaded.runbook } }
    },
  })
  lintRoute(app, api)
}

function lintRoute(app: App, api: Api): void {
  app.route({
    method: 'POST',
    url: '/v1/runbooks/lint',
    schema: {
      operationId: 'lintRunbook',
      summary: 'Say what is wrong with the text of a runbook, by line and column; nothing is kept',
      tags,
      body: LintRequest,
      response: { 200: LintAnswer, ...problems(413, 415) },
    },
    handler: async (request) => {
      const known = api.runbooks ? [...(await api.runbooks()).keys()] : undefined
      const around = { ...surroundingsOf(api.configuration, measurements), runbooks: known }
      const { problems: found, expressions } = lintRunbook(request.body.text, api.runbook, around)
      return { problems: found, expressions }
    },
  })
}

/** What a list shows; of the environments only those that the caller may see. */
function summaryOf({ configuration }: Api, loaded: LoadedRunbook, visible: readonly string[]) {
  const { runbook, revision, source, reviewed } = loaded
  const { name, service, owner, description } = runbook.metadata
  const all = Object.keys(runbook.environments ?? configuration.environments)
  return {
    ...{ name, service, revision, source, reviewed },
    ...(owner && { owner }),
    ...(description && { description }),
    environments: all.filter((environment) => visible.includes('*') || visible.includes(environment)),
  }
}
