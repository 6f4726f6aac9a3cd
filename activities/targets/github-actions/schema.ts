import { z } from 'zod'
import { defineKind, Name, stepFields } from '../../../model/step.ts'

const WorkflowName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\.ya?ml$/, 'write the name of its file, such as roll-back.yml')
const RefName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?$/, 'write the name of a branch or a tag')
const InputName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, 'write the name of an input')
const Inputs = z
  .record(InputName, z.union([z.string().max(1_000), z.number(), z.boolean()]))
  .refine((inputs) => Object.keys(inputs).length <= 24, 'GitHub takes at most 25 inputs, one of which is the mark')

export const GitHubActionsStep = z
  .strictObject({
    kind: z.literal('github-actions'),
    ...stepFields,
    github: Name.default('github').describe('The connection. Default: the one called github.'),
    workflow: WorkflowName.describe(
      'File of the workflow under .github/workflows; it has to run on workflow_dispatch.',
    ),
    ref: RefName.default('main').describe('Branch or tag that the workflow is taken from and runs on.'),
    inputs: Inputs.default({}).describe('What the workflow is given.'),
    mark: InputName.default('rollback_id').describe(
      'The input that gets the id of this run. The run-name of the workflow has to show it: after a lost answer the run is found by it, and never started twice.',
    ),
    release: InputName.optional().describe('The input that gets the release which `to` leads to.'),
    to: z
      .string()
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]*$/, 'write last-good, or a release')
      .optional()
      .describe('With release: last-good (of the ledger of releases), or a release of it.'),
    undo: z
      .strictObject({ workflow: WorkflowName.optional(), ref: RefName.optional(), inputs: Inputs.optional() })
      .optional()
      .describe(
        'What takes it back: another workflow, or the same with other inputs. Without it the step can’t be taken back, and the plan says so.',
      ),
  })
  .refine(({ release, to }) => (release === undefined) === (to === undefined), {
    message: 'release and to go together',
    path: ['release'],
  })
  .refine(({ inputs, mark, release }) => !(mark in inputs) && !(release !== undefined && release in inputs), {
    message: 'mark and release are filled in by Unwind; take them out of inputs',
    path: ['inputs'],
  })
  .meta({
    id: 'GitHubActionsStep',
    title: 'GitHub Actions workflow',
    description: 'Starts a workflow by workflow_dispatch, once, and waits until its run has ended well.',
  })
export type GitHubActionsStep = z.infer<typeof GitHubActionsStep>

export const gitHubActionsKind = defineKind({
  schema: GitHubActionsStep,
  connection: 'github',
  inherits: ['github', 'ref'],
  title: ({ workflow, to }) => `run ${workflow}${to === undefined ? '' : ` → ${to}`}`,
})
