import type { Place } from './calls.ts'
import { type Client, path } from './client.ts'
import type { DeployRefusal } from '../model/service/deploy.ts'
import type { Release, ServiceState } from '../model/service/state.ts'
import type { ProposalState } from '../model/triggers/proposal.ts'
import type { FleetState } from '../model/triggers/fleet.ts'

/** A service as the API shows it. */
export type Service = Pick<
  ServiceState,
  'service' | 'environment' | 'lock' | 'stopped' | 'releases' | 'denied' | 'episodes'
>

/** Refusing images in a system takes its time. */
const MESSAGE_WITHIN = 60_000

export async function getService(client: Client, place: Place): Promise<Service> {
  return (await client.call<Service>({ path: path(...at(place)) })).body
}

export async function postRelease(
  client: Client,
  place: Place,
  body: object,
  key: string | undefined,
): Promise<{ release: Release; created: boolean }> {
  const headers = key ? { 'idempotency-key': key } : {}
  const call = { method: 'POST', path: path(...at(place), 'releases'), body, headers } as const
  return (await client.call<{ release: Release; created: boolean }>(call)).body
}

export async function getDeployable(
  client: Client,
  place: Place,
  { version, images }: { version?: string | undefined; images: readonly string[] },
): Promise<{ deployable: boolean; refusals: DeployRefusal[] }> {
  const call = { path: path(...at(place), 'deployable'), query: { version, image: images } }
  return (await client.call<{ deployable: boolean; refusals: DeployRefusal[] }>(call)).body
}

/** `lock`, `unlock`, `deny` and `automation` of a service; answers where it stands then. */
export async function postToService(
  client: Client,
  place: Place,
  message: 'lock' | 'unlock' | 'deny' | 'automation',
  body: object,
): Promise<Service> {
  const call = { method: 'POST', path: path(...at(place), message), body, within: MESSAGE_WITHIN } as const
  return (await client.call<Service>(call)).body
}

export async function getAutomation(client: Client, environment: string): Promise<FleetState> {
  return (await client.call<FleetState>({ path: path('v1', 'environments', environment, 'automation') })).body
}

export async function postAutomation(client: Client, environment: string, body: object): Promise<FleetState> {
  const call = { method: 'POST', path: path('v1', 'environments', environment, 'automation'), body } as const
  return (await client.call<FleetState>(call)).body
}

export async function getProposal(client: Client, place: Place, id: string): Promise<ProposalState> {
  return (await client.call<ProposalState>({ path: path(...at(place), 'proposals', id) })).body
}

export async function postProposal(client: Client, place: Place, id: string, body: object): Promise<ProposalState> {
  const call = { method: 'POST', path: path(...at(place), 'proposals', id), body } as const
  return (await client.call<ProposalState>(call)).body
}

/** The parts of a service's path. */
export function at({ environment, service }: Place): string[] {
  return ['v1', 'services', environment, service]
}
