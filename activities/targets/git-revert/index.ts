import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../git/connect.ts'
import { apply } from './apply.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { GitRevertStep } from './schema.ts'
import { verify } from './verify.ts'

/** A path of a branch of a Git repository: taken back by one new commit, found again by its trailers. */
export const gitRevert = defineTarget({
  schema: GitRevertStep,
  connectionKind: 'git',
  connect,
  history,
  plan,
  apply,
  verify,
})
