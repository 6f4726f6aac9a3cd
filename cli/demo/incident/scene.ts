import { type AlertmanagerServer, startAlertmanager } from '../../../tools/alertmanager/server.ts'
import { claimKnownPort } from '../../../tools/process/ports.ts'
import { type PrometheusServer, startPrometheus } from '../../../tools/prometheus/server.ts'
import { startUnleash } from '../../../tools/unleash/server.ts'
import type { Playground } from '../ground.ts'
import type { Narrator } from '../narrator.ts'
import { type Cast, incidentConfiguration, newCast, RULES } from './configuration.ts'
import { type DemoFlag, demoFlag } from './flags.ts'
import { type Outsiders, startOutsiders } from './outsiders.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** The release that brings the incident. */
const BAD = 'v1.9'

/** Everything round the shop that an incident touches. */
export interface Scene {
  readonly cast: Cast
  /** The release that brings it. */
  readonly bad: string
  readonly flag: DemoFlag
  readonly traffic: Traffic
  readonly outsiders: Outsiders
  readonly prometheus: PrometheusServer
  readonly alertmanager: AlertmanagerServer
  /** Where the API will listen, and what it is configured with beside the cluster. */
  readonly special: { port: number; configuration: object; token: string }
}

interface Making {
  ground: Playground
  folder: string
  narrator: Narrator
  /** Told how to end each thing that was started. */
  undo(end: () => Promise<unknown>): void
}

/** Starts Unleash, Prometheus and Alertmanager, the stand-ins, and customers of the shop. */
export async function setScene({ ground, folder, narrator, undo }: Making): Promise<Scene> {
  const cast = newCast()
  const port = await claimKnownPort(7_420)
  const [unleash, outsiders, alertmanager] = await Promise.all([
    startUnleash().then((server) => (undo(server.stop), server)),
    startOutsiders().then((server) => (undo(server.close), server)),
    startAlertmanager({ webhook: `http://127.0.0.1:${port}/v1/triggers/alertmanager`, token: cast.alerts }).then(
      (server) => (undo(server.stop), server),
    ),
  ])
  const flag = demoFlag(unleash)
  await flag.make()
  const traffic = await startTraffic(ground, BAD, flag.isOn)
  undo(traffic.stop)
  const alerting = { rules: RULES, alertmanager: alertmanager.url }
  const prometheus = await startPrometheus({ jobs: { checkout: [traffic.place] }, alerting })
  undo(prometheus.stop)
  narrator.tell(
    `Unleash, Prometheus and Alertmanager are up, all of them real: ${unleash.url}, ${prometheus.url}, ${alertmanager.url}`,
  )
  narrator.tell(
    'Slack, the tracker of issues and Grafana’s annotations are stand-ins of the demo’s own; so are the customers.',
  )
  const places = { folder, cast, prometheus: prometheus.url, unleash, outsiders: outsiders.url }
  const special = { port, configuration: await incidentConfiguration(places), token: cast.anna }
  return { cast, bad: BAD, flag, traffic, outsiders, prometheus, alertmanager, special }
}
