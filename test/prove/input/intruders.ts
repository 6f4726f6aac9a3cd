import fc from 'fast-check'
import type { ErrorCode } from '../../../model/errors.ts'
import { pathOf } from '../../api/request.ts'
import { CALLERS, type Ground } from './ground.ts'
import { type Bad, goodName, type Paths } from './words.ts'

/** Good requests from those who may not make them. */
export function strangers({ rollback, message }: Paths, { service, parked }: Ground): fc.Arbitrary<Bad> {
  const good: [string, object][] = [
    ...rollback.map((url): [string, object] => [
      url,
      { service: 'shop', environment: 'test', reason: 'x', steps: [{ kind: 'memory', object: 'shop' }] },
    ]),
    [pathOf(service, 'abort'), { note: 'stop' }],
    [pathOf(service, 'decisions'), { stepId: parked.stepId, attempt: parked.attempt, choice: 'compensate' }],
    [pathOf(service, 'pause'), {}],
    [pathOf(service, 'claim'), {}],
    ...message.map((url): [string, object] => [url, {}]),
  ]
  const who = fc.oneof(
    fc.constant({ headers: {}, codes: ['UNAUTHENTICATED'] }),
    fc.constant({ headers: CALLERS.old, codes: ['UNAUTHENTICATED'] }),
    fc
      .stringMatching(/^[!-~]{1,60}$/)
      .map((text) => ({ headers: { authorization: `Bearer x${text}` }, codes: ['UNAUTHENTICATED'] })),
    fc
      .constantFrom('Basic YWRtaW46', 'admin', 'Bearer', 'Bearer admin extra', 'Bearer  admin')
      .map((authorization) => ({ headers: { authorization }, codes: ['UNAUTHENTICATED'] })),
    fc.constant({ headers: CALLERS.reader, codes: ['FORBIDDEN'] }),
    fc.constant({ headers: CALLERS.elsewhere, codes: ['FORBIDDEN', 'INVALID_REQUEST'] }),
  ) as fc.Arbitrary<{ headers: Record<string, string>; codes: ErrorCode[] }>
  return fc.tuple(fc.constantFrom(...good), who).map(([[url, body], { headers, codes }]) => ({
    ...{ name: 'somebody who may not', method: 'POST', url, body, headers, codes },
  }))
}

/** Answers to what the parked run has never asked, or no longer asks. */
export function staleAnswers({ service, parked: { stepId, attempt } }: Ground): fc.Arbitrary<Bad> {
  const decide = fc.oneof(
    fc
      .integer({ min: 0, max: 10_000 })
      .filter((other) => other !== attempt)
      .map((other) => ({ stepId, attempt: other, choice: 'retry' })),
    goodName.map((other) => ({ stepId: `x${other}`, attempt, choice: 'retry' })),
    fc.constant({ stepId, attempt, choice: 'skip' }),
  )
  const digest = fc.stringMatching(/^[0-9a-f]{64}$/)
  const run = fc.uuid({ version: 4 }).map((id) => `?run=${id}`)
  const to = (url: string, body: object): Bad => ({
    ...{ name: 'an answer to nothing', method: 'POST', url, body, headers: CALLERS.admin },
    codes: ['STALE_DECISION', 'DECISION_REFUSED'],
  })
  return fc.oneof(
    decide.map((body) => to(pathOf(service, 'decisions'), body)),
    digest.map((planDigest) => to(pathOf(service, 'approvals'), { planDigest, decision: 'approve' })),
    run.map((query) => to(`${pathOf(service, 'abort')}${query}`, { note: 'stop' })),
    fc.constant(to(pathOf(service, 'resume'), {})),
  )
}

/** Good requests that a page of another site makes a browser send. */
export function otherSites({ rollback }: Paths): fc.Arbitrary<Bad> {
  const site = fc
    .domain()
    .chain((domain) =>
      fc.constantFrom<Record<string, string>>(
        { host: domain },
        { origin: `https://${domain}` },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      ),
    )
  return fc.tuple(fc.constantFrom(...rollback), site).map(([url, headers]) => ({
    ...{ name: 'a page of another site', method: 'POST', url, body: {}, codes: ['FORBIDDEN'] as ErrorCode[] },
    headers: { ...CALLERS.admin, ...headers },
  }))
}
