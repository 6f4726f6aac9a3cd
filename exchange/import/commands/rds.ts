import { type Args, type Around, type Became, manual, type Recogniser, refused } from '../became.ts'
import { readFlags } from '../flags.ts'

const COMMON = ['region=', 'profile=', 'output=', 'query=', 'no-cli-pager']

/** What a command names its database by, in its own words and in those of a step. */
type Sort = 'instance' | 'cluster'

/** `aws rds …`: restores, promotions and snapshots of database instances and of clusters of Aurora. */
export const aws: Recogniser = (args, around) => {
  if (args[0] !== 'rds') return manual('Only aws rds is known.')
  const [, verb = '', ...rest] = args
  if (verb.startsWith('describe-')) return { as: 'look', with: 'rds-restore', because: 'The plan shows the instances.' }
  if (verb === 'wait')
    return {
      as: 'verification',
      kind: 'rds-restore',
      object: '',
      because: 'The step before waits until it is available.',
    }
  if (verb === 'restore-db-instance-to-point-in-time') return restore(rest, 'instance')
  if (verb === 'restore-db-cluster-to-point-in-time') return restore(rest, 'cluster')
  if (verb === 'restore-db-instance-from-db-snapshot') return fromSnapshot(rest)
  if (verb === 'create-db-snapshot') return snapshot(rest, 'instance')
  if (verb === 'create-db-cluster-snapshot') return snapshot(rest, 'cluster')
  if (verb === 'modify-db-instance') return modify(rest, around, 'instance')
  if (verb === 'modify-db-cluster') return modify(rest, around, 'cluster')
  if (/^delete-db-(instance|cluster)$/.test(verb))
    return refused(
      'It deletes a database with its automated backups.',
      'Rename it away and keep it until somebody has agreed that nothing in it is missed.',
    )
  return manual(`aws rds ${verb} has no step of its own.`)
}

function restore(args: Args, sort: Sort): Became {
  const [source, made] =
    sort === 'instance'
      ? ['source-db-instance-identifier', 'target-db-instance-identifier']
      : ['source-db-cluster-identifier', 'db-cluster-identifier']
  const flags = readFlags(
    args,
    ...COMMON,
    `${source}=`,
    `${made}=`,
    'restore-time=',
    'restore-to-time=',
    'use-latest-restorable-time',
    'db-instance-class=',
    'db-subnet-group-name=',
    'vpc-security-group-ids=',
    'multi-az',
    'no-multi-az',
    'publicly-accessible',
    'no-publicly-accessible',
    'db-parameter-group-name=',
    'db-cluster-parameter-group-name=',
    'copy-tags-to-snapshot',
    'deletion-protection',
  )
  const { values } = flags
  const [name, target] = [values.get(String(source)), values.get(String(made))]
  if (name === undefined || target === undefined) return manual(`Which ${sort} is restored, and as what, is not clear.`)
  const at = flags.has('use-latest-restorable-time')
    ? 'latest'
    : (values.get('restore-time') ?? values.get('restore-to-time'))
  if (at === undefined || flags.unclear.length > 0) return manual('The time, or one of its options, is not clear.')
  const groups = values.get('vpc-security-group-ids')?.split(/[\s,]+/)
  const because = groups
    ? `The restored ${sort} has every setting of its source, and these groups until it is promoted.`
    : `The restored ${sort} has every setting of its source; give the step its quarantine, or its plan is refused.`
  const step = { kind: 'rds-restore', [sort]: name, as: target, at, ...(groups && { quarantine: groups }) }
  return { as: 'step', step, object: target, because }
}

function fromSnapshot(args: Args): Became {
  const { values, unclear } = readFlags(
    args,
    ...COMMON,
    'db-instance-identifier=',
    'db-snapshot-identifier=',
    'db-instance-class=',
    'db-subnet-group-name=',
    'vpc-security-group-ids=',
    'multi-az',
    'no-multi-az',
  )
  const [target, from] = [values.get('db-instance-identifier'), values.get('db-snapshot-identifier')]
  if (target === undefined || from === undefined || unclear.length > 0)
    return manual('Which snapshot, and as what, is not clear.')
  return { as: 'step', step: { kind: 'rds-restore', snapshot: from, as: target }, object: target }
}

function snapshot(args: Args, sort: Sort): Became {
  const [of, as] = [`db-${sort}-identifier`, `db-${sort === 'cluster' ? 'cluster-' : ''}snapshot-identifier`]
  const { values, unclear } = readFlags(args, ...COMMON, `${of}=`, `${as}=`, 'tags=')
  const [database, name] = [values.get(of), values.get(as)]
  if (database === undefined || unclear.length > 0) return manual(`Which ${sort}, or under what name, is not clear.`)
  const step = { kind: 'rds-snapshot', [sort]: database, ...(name !== undefined && { name }) }
  return { as: 'step', step, object: database }
}

/** A rename is a promotion, but only onto a name that nothing else has at that time. */
function modify(args: Args, around: Around, sort: Sort): Became {
  const [from, to] = [`db-${sort}-identifier`, `new-db-${sort}-identifier`]
  const { values } = readFlags(args, ...COMMON, `${from}=`, `${to}=`, 'apply-immediately')
  const [candidate, name] = [values.get(from), values.get(to)]
  if (candidate === undefined || name === undefined) return manual('It changes settings, which is no rollback.')
  if (around.instances.has(name))
    return {
      as: 'refused',
      because: `${name} is still there: AWS refuses the rename, and applications keep writing to the old ${sort} meanwhile.`,
      instead: `The step of kind rds-promote renames the old ${sort} away, makes sure of it, and renames the restored one; put a fence before it.`,
      rewritten: { step: { kind: 'rds-promote', [sort]: name, candidate }, object: name },
    }
  return manual(`Half of a promotion: rds-promote renames the old ${sort} away and the restored one into its place.`)
}
