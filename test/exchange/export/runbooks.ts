import { RunbookDocument } from '../../../activities/runbook.ts'
import { readDocument } from '../../../config/document.ts'
import type { Surroundings } from '../../../exchange/export/playbook.ts'
import type { Runbook } from '../../../model/runbook/document.ts'

/** A document as its schema reads it; what is wrong with it is thrown. */
export function runbook(text: string): Runbook {
  const read = readDocument(text, RunbookDocument)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2))
  return read.value
}

export const CHECKOUT = `
apiVersion: unwind/v1
kind: Runbook
metadata: { name: checkout, service: checkout, owner: team-payments, description: "Takes it back.\\nSecond line." }
environments:
  production: { cluster: production, namespace: shop }
  staging: { cluster: staging, namespace: shop }
contacts: { oncall: 'pagerduty:checkout', escalation: '@lead' }
triggers:
  - { id: errors, match: { alertname: CheckoutErrors } }
  - { id: latency, check: { prometheus: latency_p99, above: 5s, for: 5m } }
  - { id: rate, check: { prometheus: error_rate, above: 10%, for: 5m } }
  - { id: crashes, check: { crashing: deployment/checkout, namespace: shop, atLeast: 2, for: 1m } }
policy: { approvals: [{ min: 2, groups: [sre] }] }
decision:
  - id: linked
    question: Is it linked to the last deployment?
    onYes: { run: app-only }
    onNo: { stop: Investigate other causes. }
procedures:
  app-only:
    - { id: app, kind: kubernetes, workload: deployment/checkout, to: 3 }
    - { id: cache, kind: manual, text: Empty the cache, optional: true }
    - id: healthy
      kind: check
      every: 1s
      within: 2s
      consecutive: 2
      all:
        - { http: checkout, path: /healthz, contains: "it's up" }
        - { pods: healthy, of: app }
communicate: { started: [ops-alerts], finished: [ops-alerts], ticket: [post-mortem] }
checklist:
  - { id: confirm, phase: before, text: Confirm the problem, required: true }
  - { id: business, phase: after, text: Confirm with the business, required: true }
  - { id: page, phase: communication, text: Update the status page }
`

export const AROUND: Surroundings = {
  environment: 'production',
  revision: '0'.repeat(64),
  connections: {
    production: { kind: 'kubernetes', server: 'https://k8s.example.org:6443' },
    checkout: { kind: 'http', origin: 'https://checkout.example.org' },
  },
}

/** Everything that could end a word, a comment or a pattern, wherever a document takes text. */
export const HOSTILE = `
apiVersion: unwind/v1
kind: Runbook
metadata:
  name: hostile
  service: hostile
  owner: "'; touch owned; '"
  description: "one\\ntouch owned\\r\\ntouch owned"
contacts: { oncall: "'$(touch owned)\`touch owned\`\\"" }
parameters:
  version: { type: string, default: "'; touch owned #" }
environments: { production: { namespace: shop } }
decision:
  - id: a
    question: "'; touch owned; echo '$(touch owned)"
    onYes: { run: x }
    onNo: { stop: "\\\\'; touch owned; \`touch owned\`" }
procedures:
  x:
    - { id: app, kind: kubernetes, workload: deployment/a, cluster: "x=*) touch owned ;; {{ parameters.version }}", to: "{{ parameters.version }}" }
    - { id: by-hand, kind: manual, text: "{{ parameters.version }}'; touch owned; '" }
    - { id: if-so, kind: manual, when: parameters.version == "'; touch owned; '", text: "$(touch owned) & touch owned | touch owned > owned" }
    - { id: look, kind: check, every: 1s, within: 1s, all: [{ http: site, path: "/{{ parameters.version }}';touch owned;'", contains: "'; touch owned; '" }] }
checklist: [{ id: i, phase: after, text: "'\\\\; touch owned" }]
`
