import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53'
import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext } from '../../../../model/target.ts'
import type { Aws } from '../../../aws/connect.ts'
import { ask, isCode } from '../../../aws/faults.ts'
import { runName } from '../../../run-names.ts'
import type { Between, Pointer, Sight } from './pointer.ts'

interface Zone {
  client: Route53Client
  name: string
  zone: string
}

/** One for each connection, as long as that is open. */
const clients = new WeakMap<Aws, Route53Client>()

/** A CNAME of Route 53 that applications know their database by. */
export function dnsPointer(aws: Aws, name: string, zone: string): Pointer {
  const client = clients.get(aws) ?? new Route53Client(aws.settings)
  clients.set(aws, client)
  const place = { client, name: name.toLowerCase(), zone }
  return {
    name: `CNAME ${place.name}`,
    impact: `whoever has looked up ${place.name} goes on with the old address until the record's TTL is over`,
    look: async ({ signal }) => {
      const record = (await recordsOf(place, place.name, 'CNAME', signal))[0]
      if (!record)
        throw new UnwindError('TARGET_NOT_FOUND', `zone ${zone} has no CNAME ${place.name}; name one that there is`)
      refuseSpread(record, place.name)
      return sight(place, record, await ownerOf(place, signal))
    },
  }
}

function sight(place: Zone, record: ResourceRecordSet, owner: string | undefined): Sight {
  const leads = hostOf(record)
  return {
    leadsTo: ({ address }) => leads !== '' && leads === address,
    shown: leads,
    ...(owner && { owner }),
    warnings: [],
    note: `what has looked it up before may go on with the old address for ${record.TTL ?? 0} s`,
    turn: (between, context) => turn(place, record, between, context),
  }
}

/** Records of exactly that name and type: the list begins there and goes on beyond it. */
async function recordsOf({ client, zone }: Zone, name: string, type: 'CNAME' | 'TXT', signal: AbortSignal) {
  const command = new ListResourceRecordSetsCommand({
    ...{ HostedZoneId: zone, StartRecordName: name, StartRecordType: type, MaxItems: 10 },
  })
  const what = { action: 'route53:ListResourceRecordSets', of: zone }
  const answer = await ask(what, () => client.send(command, { abortSignal: signal }), 'NoSuchHostedZone')
  if (isCode(answer))
    throw new UnwindError('TARGET_NOT_FOUND', `there is no hosted zone ${zone}; name one that there is`)
  const { ResourceRecordSets = [] } = answer
  return ResourceRecordSets.filter(({ Name = '', Type }) => plain(Name) === name && Type === type)
}

/** One of several that share the traffic can't be turned alone. */
function refuseSpread({ SetIdentifier: set }: ResourceRecordSet, name: string): void {
  if (set === undefined) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `${name} is one of several records (${set}) that a routing policy chooses from; name a CNAME that stands alone`,
  )
}

/** external-dns writes beside its records that they are its own, and puts them back. */
async function ownerOf(place: Zone, signal: AbortSignal): Promise<string | undefined> {
  const [own, prefixed] = await Promise.all(
    [place.name, `cname-${place.name}`].map((name) => recordsOf(place, name, 'TXT', signal)),
  )
  const texts = [...(own ?? []), ...(prefixed ?? [])].flatMap(({ ResourceRecords = [] }) => ResourceRecords)
  return texts.some(({ Value = '' }) => Value.includes('heritage=external-dns'))
    ? 'external-dns, which would put it back'
    : undefined
}

/** Deletes the record as it was read and creates the new one, in one batch: it fails where somebody has changed it (API_ChangeResourceRecordSets). */
async function turn(
  { client, name, zone }: Zone,
  record: ResourceRecordSet,
  { coming }: Between,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Again> {
  const next = { ...record, ResourceRecords: [{ Value: coming.address }] }
  const command = new ChangeResourceRecordSetsCommand({
    HostedZoneId: zone,
    ChangeBatch: {
      Comment: `unwind ${runName(rollbackId)}`,
      Changes: [
        { Action: 'DELETE', ResourceRecordSet: record },
        { Action: 'CREATE', ResourceRecordSet: next },
      ],
    },
  })
  const answer = await ask(
    { action: 'route53:ChangeResourceRecordSets', of: zone },
    () => client.send(command, { abortSignal: signal }),
    'InvalidChangeBatch',
  )
  const doing = `turns ${name} to ${coming.address}`
  return {
    again: connection.poll,
    doing: isCode(answer) ? `${doing}; somebody changed it meanwhile, looks again` : doing,
  }
}

function hostOf({ ResourceRecords = [] }: ResourceRecordSet): string {
  return plain(ResourceRecords[0]?.Value ?? '')
}

/** Without the dot of the root; Route 53 answers names with it. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
