import { createHash } from 'node:crypto'
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext, Warning } from '../../../../model/target.ts'
import type { Aws } from '../../../aws/connect.ts'
import { ask, isCode } from '../../../aws/faults.ts'
import type { Between, Pointer, Sight } from './pointer.ts'

/** The label of the version that applications read (GetSecretValue), and one of ours for a version on its way there. */
const CURRENT = 'AWSCURRENT'
const OURS = 'UNWIND'

/** One for each connection, as long as that is open. */
const clients = new WeakMap<Aws, SecretsManagerClient>()

/** A secret of Secrets Manager that holds the address of a database, in whatever form; the rest of it stays as it is. */
export function secretPointer(aws: Aws, id: string): Pointer {
  const client = clients.get(aws) ?? new SecretsManagerClient(aws.settings)
  clients.set(aws, client)
  return {
    name: `secret ${id}`,
    impact: `whoever has read secret ${id} goes on with the old address until it reads it again: restart what reads it once`,
    look: async ({ signal }) => {
      const what = (action: string) => ({ action: `secretsmanager:${action}`, of: id })
      const describe = new DescribeSecretCommand({ SecretId: id })
      const described = await ask(
        what('DescribeSecret'),
        () => client.send(describe, { abortSignal: signal }),
        'ResourceNotFoundException',
      )
      if (isCode(described)) throw gone(aws, id)
      refuseForeign(aws, described)
      const get = new GetSecretValueCommand({ SecretId: id, VersionStage: CURRENT })
      const { SecretString: text, VersionId: version } = await ask(what('GetSecretValue'), () =>
        client.send(get, { abortSignal: signal }),
      )
      if (text === undefined || version === undefined)
        throw new UnwindError('TARGET_REJECTED', `secret ${id} holds bytes, not text, so no address can be put into it`)
      return sight({ client, id, text, version }, described)
    },
  }
}

interface Secret {
  client: SecretsManagerClient
  id: string
  /** Its value: nothing of it leaves this file. */
  text: string
  version: string
}

function sight(secret: Secret, described: DescribeSecretCommandOutput): Sight {
  const owner = ownerOf(described)
  return {
    leadsTo: ({ address }) => holds(secret.text, address),
    shown: 'another address',
    ...(owner && { owner }),
    warnings: warningsOf(secret.id, described),
    note: 'what has read the secret before has to read it again',
    turn: (between, context) => turn(secret, between, context),
  }
}

/**
 * Puts a version beside the present one, then moves the label from the version that was read: the second call fails where
 * somebody has changed the secret meanwhile (API_UpdateSecretVersionStage, RemoveFromVersionId).
 */
async function turn(
  { client, id, text, version }: Secret,
  { leaving, coming }: Between,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Again> {
  const token = createHash('sha256').update([rollbackId, coming.id, version].join(' ')).digest('hex')
  const put = new PutSecretValueCommand({
    ...{ SecretId: id, ClientRequestToken: token, VersionStages: [OURS] },
    SecretString: turned(text, { leaving, coming }),
  })
  await ask({ action: 'secretsmanager:PutSecretValue', of: id }, () => client.send(put, { abortSignal: signal }))
  const move = new UpdateSecretVersionStageCommand({
    ...{ SecretId: id, VersionStage: CURRENT, MoveToVersionId: token, RemoveFromVersionId: version },
  })
  const answer = await ask(
    { action: 'secretsmanager:UpdateSecretVersionStage', of: id },
    () => client.send(move, { abortSignal: signal }),
    'InvalidParameterException',
  )
  const doing = `turns secret ${id} to ${coming.address}`
  return {
    again: connection.poll,
    doing: isCode(answer) ? `${doing}; somebody changed it meanwhile, looks again` : doing,
  }
}

/** The address in every form that a secret holds it in, and the identifier as the rotation of AWS reads it. */
function turned(text: string, { leaving, coming }: Between): string {
  const name = new RegExp(`("db(?:Instance|Cluster)Identifier"\\s*:\\s*")${escaped(leaving.name)}(")`, 'g')
  return text
    .replaceAll(exactly(leaving.address), coming.address)
    .replaceAll(name, (_, before: string, after: string) => `${before}${coming.name}${after}`)
}

function holds(text: string, address: string): boolean {
  return address !== '' && exactly(address).test(text)
}

/** That host and no longer one which begins or ends like it. */
function exactly(address: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9.-])${escaped(address)}(?![A-Za-z0-9-]|\\.[A-Za-z0-9])`, 'gi')
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

function ownerOf({ OwningService, Tags = [] }: DescribeSecretCommandOutput): string | undefined {
  const stack = Tags.find(({ Key }) => Key === 'aws:cloudformation:stack-name')?.Value
  if (OwningService) return `the service ${OwningService} of AWS, which writes it anew`
  return stack === undefined ? undefined : `the CloudFormation stack ${stack}, whose next update may write it anew`
}

function warningsOf(id: string, { RotationEnabled, LastRotatedDate }: DescribeSecretCommandOutput): Warning[] {
  if (!RotationEnabled) return []
  const since = LastRotatedDate ? ` (last on ${LastRotatedDate.toISOString()})` : ''
  const message = `secret ${id} is rotated${since}, and the candidate has the passwords of its moment: set the present one there`
  return [{ code: 'ROTATED_SECRET', message, confirm: true }]
}

function refuseForeign(aws: Aws, { ARN = '' }: DescribeSecretCommandOutput): void {
  const [, , , region, account] = ARN.split(':')
  if (region === aws.region && account === aws.account) return
  throw new UnwindError(
    'TARGET_MISMATCH',
    `connection ${aws.name} leads to account ${account} in ${region}, and unwind.yaml says ${aws.account} in ${aws.region}; give the worker the right credentials`,
  )
}

function gone({ region, account }: Aws, id: string): UnwindError {
  return new UnwindError(
    'TARGET_NOT_FOUND',
    `there is no secret ${id} in ${region} of account ${account}; name one that there is`,
  )
}
