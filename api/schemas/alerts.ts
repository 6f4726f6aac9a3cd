import { z } from 'zod'

const Labels = z.record(z.string().max(200), z.string().max(4_000))

/** One alert of a webhook; what else a sender writes into it is passed over. */
const AlertBody = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels.optional(),
  startsAt: z.iso.datetime({ offset: true }),
  fingerprint: z.string().min(1).max(200).optional(),
})
export type AlertBody = z.infer<typeof AlertBody>

/**
 * The webhook of Alertmanager (version 4 of its payload, prometheus/alertmanager notify/webhook and template/template.go)
 * and of Grafana, which writes more into it. A payload template of one's own may change the form: then it is refused.
 */
export const AlertsRequest = z
  .object({
    version: z.string().regex(/^[14]$/, 'must be version 4 of Alertmanager’s payload, or 1 of Grafana’s'),
    status: z.enum(['firing', 'resolved']),
    groupKey: z.string().max(10_000),
    alerts: z.array(AlertBody).max(2_000),
    truncatedAlerts: z.int().min(0).optional(),
  })
  .meta({ id: 'AlertsRequest' })
export type AlertsRequest = z.infer<typeof AlertsRequest>

export const AlertsDocument = z
  .object({
    episodes: z.array(
      z.object({
        id: z.string(),
        service: z.string(),
        environment: z.string(),
        runbook: z.string(),
        trigger: z.string(),
        status: z.enum(['firing', 'resolved']),
      }),
    ),
    unmatched: z.int().describe('Alerts that no trigger of a runbook names.'),
  })
  .meta({ id: 'AlertsTaken', description: 'What was made of the alerts; all of it is durable by now.' })
export type AlertsDocument = z.infer<typeof AlertsDocument>
