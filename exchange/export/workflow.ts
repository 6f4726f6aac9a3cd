import { stringify } from 'yaml'
import type { Runbook } from '../../model/runbook/document.ts'
import { comment, plain, quote } from './quote.ts'

/**
 * The runbook as a one-click GitHub Actions workflow: environment and version are chosen, Unwind carries it out, the
 * workflow waits and fails unless it recovered. The version stands for the parameter of type release, where there is
 * one. Inputs reach the shell as variables only.
 */
export function workflowOf(document: Runbook): { text: string; remarks: string[] } {
  const { name, service } = document.metadata
  const environments = Object.keys(document.environments ?? {})
  const parameters = Object.entries(document.parameters ?? {})
  const inputs = inputsOf(environments, parameters)
  const workflow = {
    name: `Roll back ${plain(service)}`,
    on: { workflow_dispatch: { inputs } },
    permissions: {},
    concurrency: { group: `rollback-\${{ inputs.environment }}-${service}`, 'cancel-in-progress': false },
    jobs: {
      rollback: {
        'runs-on': 'ubuntu-latest',
        'timeout-minutes': 90,
        environment: '${{ inputs.environment }}',
        env: environmentOf(parameters),
        steps: stepsOf(name, parameters),
      },
    },
  }
  const needed =
    'Needs the variable UNWIND_URL and the secret UNWIND_TOKEN (verbs read and start), best per environment.'
  const head = [
    ...comment(`Takes ${service} back by the runbook ${name}, with one click. Put it under .github/workflows.`),
    ...comment(needed),
  ]
  const remarks = [
    ...(environments.length > 0
      ? []
      : ['the runbook names no environments, so the environment is typed in, not chosen']),
    ...(Object.keys(inputs).length > 25 ? ['GitHub takes at most 25 inputs; take out some that have a default'] : []),
  ]
  return { text: `${head.join('\n')}\n${stringify(workflow, { lineWidth: 0 })}`, remarks }
}

function inputsOf(environments: readonly string[], parameters: readonly [string, Parameters[string]][]): object {
  const choice = environments.length > 0 ? { type: 'choice', options: environments } : { type: 'string' }
  return {
    environment: { description: 'Environment', required: true, ...choice },
    ...Object.fromEntries(parameters.map(inputOf)),
    reason: { description: 'Why; people read it in the report', required: true, type: 'string' },
    incident: { description: 'Incident that it belongs to', required: false, type: 'string' },
  }
}

function environmentOf(parameters: readonly [string, Parameters[string]][]): Record<string, string> {
  return {
    UNWIND_URL: '${{ vars.UNWIND_URL }}',
    UNWIND_TOKEN: '${{ secrets.UNWIND_TOKEN }}',
    ENVIRONMENT: '${{ inputs.environment }}',
    REASON: '${{ inputs.reason }}',
    INCIDENT: '${{ inputs.incident }}',
    ...Object.fromEntries(parameters.map(([key]) => [variable(key), `\${{ inputs.${inputName(key)} }}`])),
  }
}

function stepsOf(name: string, parameters: readonly [string, Parameters[string]][]): object[] {
  const env = { PLACE: '${{ steps.start.outputs.place }}' }
  const started = "always() && steps.start.outputs.place != ''"
  return [
    { name: 'Start', id: 'start', shell: 'bash', run: startScript(name, parameters) },
    { name: 'Wait', shell: 'bash', run: WAIT_SCRIPT, env },
    { name: 'Report', if: started, shell: 'bash', run: REPORT_SCRIPT, env: { ...env } },
  ]
}

type Parameters = NonNullable<Runbook['parameters']>

/** One parameter. GitHub would evaluate `${{ }}` in texts of an input: there it is taken apart, or left to Unwind. */
function inputOf([key, parameter]: [string, Parameters[string]]): [string, Record<string, unknown>] {
  const { type, default: value, description, enum: values } = parameter
  const shown = description ?? (type === 'release' ? 'Version to go back to, such as v1.8' : `Parameter ${key}`)
  const fixed = ![value, ...(values ?? [])].some((one) => String(one).includes('${{'))
  const kind =
    values && fixed
      ? { type: 'choice', options: values.map(String) }
      : { type: type === 'number' || type === 'boolean' ? type : 'string' }
  const otherwise = value === undefined || !fixed ? {} : { default: values ? String(value) : value }
  return [
    inputName(key),
    { description: plain(shown).split('${{').join('$ {{'), required: value === undefined, ...kind, ...otherwise },
  ]
}

/** Names that the workflow itself uses stay its own. */
function inputName(key: string): string {
  return ['environment', 'reason', 'incident'].includes(key) ? `parameter_${key}` : key
}

function variable(key: string): string {
  return `PARAMETER_${key}`
}

function startScript(runbook: string, parameters: readonly [string, Parameters[string]][]): string {
  const args = parameters.map(([key]) => `--arg ${quote(variable(key))} "$${variable(key)}"`)
  const typed = parameters.map(([key, { type }]) => {
    const value = `$${variable(key)}`
    return `${JSON.stringify(key)}: ${type === 'number' || type === 'boolean' ? `(if ${value} == "" then "" else (${value} | fromjson) end)` : value}`
  })
  const given =
    parameters.length > 0 ? `, parameters: ({${typed.join(', ')}} | with_entries(select(.value != "")))` : ''
  const body = `{runbook: ${JSON.stringify(runbook)}, environment: $environment, reason: $reason${given}} + (if $incident == "" then {} else {incident: $incident} end)`
  return [
    'set -euo pipefail',
    `body=$(jq -n --arg environment "$ENVIRONMENT" --arg reason "$REASON" --arg incident "$INCIDENT" ${[...args, quote(body)].join(' ')})`,
    '# The same key for every attempt of this request, so that nothing is started twice.',
    "status=$(curl -sS -o answer.json -w '%{http_code}' --max-time 30 --retry 5 --retry-all-errors \\",
    '  -H "Authorization: Bearer $UNWIND_TOKEN" -H \'Content-Type: application/json\' \\',
    '  -H "Idempotency-Key: github-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" \\',
    '  --data "$body" "$UNWIND_URL/v1/rollbacks")',
    'if [ "$status" != 200 ] && [ "$status" != 202 ]; then',
    '  echo "::error::Unwind did not start it ($status): $(jq -r \'.detail // .title // "no reason given" | gsub("[\\r\\n]+"; " ")\' answer.json)"',
    '  exit 1',
    'fi',
    'jq -r \'"place=\\(.environment)/\\(.service)?run=\\(.runId)"\' answer.json >> "$GITHUB_OUTPUT"',
    'jq -r \'"Rollback of \\(.service) in \\(.environment): <\\(if .url | startswith("/") then env.UNWIND_URL else "" end)\\(.url)>\\n"\' answer.json >> "$GITHUB_STEP_SUMMARY"',
    '',
  ].join('\n')
}

const WAIT_SCRIPT = [
  'set -euo pipefail',
  "shown=''",
  '# A runner shows what a step has written to the summary once that step has ended, however it ended.',
  'trap \'sed "s/^/- /" progress.txt >> "$GITHUB_STEP_SUMMARY"\' EXIT',
  ': > progress.txt',
  '# The limit of the job bounds this; the rollback goes on when the job is cancelled.',
  'while :; do',
  '  if curl -sS -f -o state.json --max-time 30 -H "Authorization: Bearer $UNWIND_TOKEN" "$UNWIND_URL/v1/rollbacks/$PLACE"; then',
  '    phase=$(jq -r .phase state.json)',
  '    line=$(jq -r \'"\\(.phase): \\([.steps[]? | select(.status != "waiting" and .status != "planned") | "\\(.id) \\(.status)"] | join(", "))"\' state.json)',
  '    [ "$line" = "$shown" ] || echo "$line" | tee -a progress.txt',
  '    shown=$line',
  '    case $phase in',
  '      ended) break ;;',
  '      awaiting-approval | parked | deciding) [ "$phase" = "${told:-}" ] || echo "::warning::It waits for a person ($phase): $(jq -r .url state.json)" ;;',
  '    esac',
  '    told=$phase',
  '  fi',
  '  sleep "${UNWIND_POLL:-5}"',
  'done',
  'outcome=$(jq -r .outcome state.json)',
  'echo "Ended: $outcome"',
  'if [ "$outcome" != recovered ]; then',
  '  echo "::error::The rollback ended as $outcome: $(jq -r \'.problem.message // .url | gsub("[\\r\\n]+"; " ")\' state.json)"',
  '  exit 1',
  'fi',
  '',
].join('\n')

const REPORT_SCRIPT = [
  'set -euo pipefail',
  'curl -sS -f --max-time 30 -H "Authorization: Bearer $UNWIND_TOKEN" -H \'Accept: text/markdown\' \\',
  '  "$UNWIND_URL/v1/rollbacks/${PLACE%%\\?*}/report?${PLACE#*\\?}" >> "$GITHUB_STEP_SUMMARY"',
  '',
].join('\n')
