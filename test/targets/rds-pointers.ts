import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Instance } from '../rds-model/instance.ts'
import type { Region } from '../rds-model/model.ts'

/** Something that leads applications to an instance, in the double that holds it. */
export interface Pointed {
  /** What a step says of it. */
  by: Record<string, string>
  /** What is in it, whole. */
  read(): Promise<unknown>
  /** Changes with every write. */
  version(): Promise<string>
  /** Somebody else leads it to another instance. */
  elsewhere(other: Instance): Promise<void>
  /** Somebody changes what a promotion leaves alone; answers how to see whether that is still there. */
  irrelevant(): Promise<() => Promise<boolean>>
}

/** Who owns it, and what secrets it holds. */
export interface PointedOptions {
  owned?: boolean
  canaries?: string[]
}

/** Makes one that leads to that instance. */
export type Point = (name: string, to: Instance, options?: PointedOptions) => Promise<Pointed>

const settings = (endpoint: string, region: string) => ({
  ...{ endpoint, region },
  credentials: { accessKeyId: 'AKIASETUP00000000000', secretAccessKey: 'not-a-secret' },
})

const addressOf = (region: Region, { identifier }: Instance) => `${identifier}.c1model.${region.name}.rds.amazonaws.com`

/** Secrets of moto: a document as the rotation of AWS keeps it, and an address inside a URL. */
export function secrets(moto: string, region: Region): Point {
  const client = new SecretsManagerClient(settings(moto, region.name))
  return async (name, to, { owned = false, canaries = [] } = {}) => {
    const id = `shop/${name}`
    const text = (of: Instance, password = canaries[0] ?? 'one') => {
      const host = addressOf(region, of)
      const url = `postgresql://shop:${canaries[1] ?? 'x'}@${host}:5432/shop`
      return JSON.stringify(
        { host, port: 5432, dbInstanceIdentifier: of.identifier, username: 'shop', password, url },
        null,
        2,
      )
    }
    const Tags = owned ? [{ Key: 'aws:cloudformation:stack-name', Value: 'shop' }] : []
    await client.send(new CreateSecretCommand({ Name: id, SecretString: text(to), Tags }))
    const current = { SecretId: id, VersionStage: 'AWSCURRENT' }
    const read = async () => (await client.send(new GetSecretValueCommand(current))).SecretString
    // moto forgets, when a label was moved, which version a plain put takes it from.
    const put = async (SecretString: string) => {
      const { VersionId: RemoveFromVersionId } = await client.send(new GetSecretValueCommand(current))
      const { VersionId: MoveToVersionId } = await client.send(
        new PutSecretValueCommand({ SecretId: id, SecretString, VersionStages: ['BY_HAND'] }),
      )
      const label = { SecretId: id, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId }
      await client.send(new UpdateSecretVersionStageCommand(label))
    }
    return {
      by: { secret: id },
      read,
      version: async () => {
        const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: id }))
        return JSON.stringify(VersionIdsToStages)
      },
      elsewhere: (other) => put(text(other)),
      irrelevant: async () => {
        await put(text(to, 'two'))
        return async () => (await read())?.includes('"two"') === true
      },
    }
  }
}

/** CNAMEs of moto, in one zone. */
export function records(moto: string, region: Region): Point {
  const client = new Route53Client(settings(moto, region.name))
  let zone: Promise<string> | undefined
  return async (name, to, { owned = false } = {}) => {
    zone ??= client
      .send(new CreateHostedZoneCommand({ Name: 'shop.internal', CallerReference: name }))
      .then(({ HostedZone }) => (HostedZone?.Id ?? '').replace('/hostedzone/', ''))
    const [id, record] = [await zone, `${name}.shop.internal`]
    const set = (Type: RRType, TTL: number, Value: string) =>
      client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: id,
          ChangeBatch: {
            Changes: [
              { Action: 'UPSERT', ResourceRecordSet: { Name: record, Type, TTL, ResourceRecords: [{ Value }] } },
            ],
          },
        }),
      )
    await set('CNAME', 5, addressOf(region, to))
    if (owned) await set('TXT', 300, '"heritage=external-dns,external-dns/owner=shop"')
    const read = async () => {
      const { ResourceRecordSets = [] } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: id }))
      return ResourceRecordSets.find(({ Name, Type }) => Name === `${record}.` && Type === 'CNAME')
    }
    return {
      by: { dns: record, zone: id },
      read,
      version: async () => JSON.stringify(await read()),
      elsewhere: async (other) => void (await set('CNAME', 5, addressOf(region, other))),
      irrelevant: async () => {
        await set('CNAME', 77, addressOf(region, to))
        return async () => (await read())?.TTL === 77
      },
    }
  }
}

/** Proxies of the model. */
export function proxies(region: Region): Point {
  return async (name, to, { owned = false } = {}) => {
    const targets = [{ resourceId: to.resourceId, since: 0 }]
    const proxy = `proxy-${name}`
    region.proxies.set(proxy, targets)
    region.proxyTags.set(proxy, new Map(owned ? [['aws:cloudformation:stack-name', 'shop']] : []))
    return {
      by: { proxy },
      read: async () => targets.map(({ resourceId }) => resourceId),
      version: async () => JSON.stringify(targets),
      elsewhere: async ({ resourceId }) => void targets.splice(0, 1, { resourceId, since: 0 }),
      irrelevant: async () => {
        region.proxyTags.get(proxy)?.set('note', 'keep me')
        return async () => region.proxyTags.get(proxy)?.get('note') === 'keep me'
      },
    }
  }
}
