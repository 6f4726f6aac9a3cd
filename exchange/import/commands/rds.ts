import { type Args, type Around, type Became, manual, type Recogniser, refused } from '../became.ts'
import { readFlags } from '../flags.ts'

const COMMON = ['region=', 'profile=', 'output=', 'query=', 'no-cli-pager']

/** `aws rds …`: restores, promotions and snapshots of database instances. */
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
  if (verb === 'restore-db-instance-to-point-in-time') return restore(rest)
  if (verb === 'restore-db-instance-from-db-snapshot') return fromSnapshot(rest)
  if (verb === 'create-db-snapshot') return snapshot(rest)
  if (verb === 'modify-db-instance') return modify(rest, around)
  if (/^delete-db-(instance|cluster)$/.test(verb))
    return refused(
      'It deletes a database with its automated backups.',
      'Rename it away and keep it until somebody has agreed that nothing in it is missed.',
    )
  return manual(`aws rds ${verb} has no step of its own.`)
}

function restore(args: Args): Became {
  const flags = readFlags(
    args,
    ...COMMON,
    'source-db-instance-identifier=',
    'target-db-instance-identifier=',
    'restore-time=',
    'use-latest-restorable-time',
    'db-instance-class=',
    'db-subnet-group-name=',
    'vpc-security-group-ids=',
    'multi-az',
    'no-multi-az',
    'publicly-accessible',
    'no-publicly-accessible',
    'db-parameter-group-name=',
    'copy-tags-to-snapshot',
    'deletion-protection',
  )
  const { values } = flags
  const [instance, target] = [values.get('source-db-instance-identifier'), values.get('target-db-instance-identifier')]
  if (instance === undefined || target === undefined)
    return manual('Which instance is restored, and as what, is not clear.')
  const at = flags.has('use-latest-restorable-time') ? 'latest' : values.get('restore-time')
  if (at === undefined || flags.unclear.length > 0) return manual('The time, or one of its options, is not clear.')
  const groups = values.get('vpc-security-group-ids')?.split(/[\s,]+/)
  const because = groups
    ? 'The restored instance has every setting of its source, and these groups until it is promoted.'
    : 'The restored instance has every setting of its source; give the step its quarantine, or its plan is refused.'
  const step = { kind: 'rds-restore', instance, as: target, at, ...(groups && { quarantine: groups }) }
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

function snapshot(args: Args): Became {
  const { values, unclear } = readFlags(args, ...COMMON, 'db-instance-identifier=', 'db-snapshot-identifier=', 'tags=')
  const [instance, name] = [values.get('db-instance-identifier'), values.get('db-snapshot-identifier')]
  if (instance === undefined || unclear.length > 0) return manual('Which instance, or under what name, is not clear.')
  return { as: 'step', step: { kind: 'rds-snapshot', instance, ...(name !== undefined && { name }) }, object: instance }
}

/** A rename is a promotion, but only onto a name that no other instance has at that time. */
function modify(args: Args, around: Around): Became {
  const { values } = readFlags(
    args,
    ...COMMON,
    'db-instance-identifier=',
    'new-db-instance-identifier=',
    'apply-immediately',
  )
  const [instance, name] = [values.get('db-instance-identifier'), values.get('new-db-instance-identifier')]
  if (instance === undefined || name === undefined) return manual('It changes settings, which is no rollback.')
  if (around.instances.has(name))
    return {
      as: 'refused',
      because: `${name} is still there: AWS refuses the rename, and applications keep writing to the old instance meanwhile.`,
      instead:
        'The step of kind rds-promote renames the old instance away, makes sure of it, and renames the restored one; put a fence before it.',
      rewritten: { step: { kind: 'rds-promote', instance: name, candidate: instance }, object: name },
    }
  return manual('Half of a promotion: rds-promote renames the old instance away and the restored one into its place.')
}
