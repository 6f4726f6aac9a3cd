/** What a person chose for the first configuration. */
export interface InitChoices {
  environment: string
  connection: string
  namespace: string
  kubeconfig?: string
  context?: string
}

/** The text of a first unwind.yaml, with comments for what people change next. Each value is read back as the text it is. */
export function configurationText(
  pin: { server: string; caSha256?: string; clusterUid?: string },
  { kubeconfig, context, ...names }: InitChoices,
): string {
  const environment = named(names.environment)
  const connection = named(names.connection)
  const namespace = named(names.namespace)
  const credentials = [
    ...(kubeconfig ? [`kubeconfig: ${q(kubeconfig)}`] : []),
    ...(context ? [`context: ${q(context)}`] : []),
  ]
  return `# Unwind's configuration. Holds no secret: tokens are hashed, credentials stay in the worker's kubeconfig.
apiVersion: unwind/v1
kind: Configuration

environments:
  ${environment}:
    # Defaults of every step in this environment.
    cluster: ${connection}
    namespace: ${namespace}
    # The floor that every rollback here keeps. Demand a second person with:
    # policy:
    #   approvals:
    #     - { min: 1, groups: [sre], self: false, expires: 30m }

connections:
  ${connection}:
    kind: kubernetes
    environment: ${environment}
    # Where the kubeconfig led when this was written. One that leads elsewhere is refused.
    server: ${q(pin.server)}
${pin.caSha256 ? `    caSha256: ${q(pin.caSha256)}\n` : ''}${pin.clusterUid ? `    clusterUid: ${q(pin.clusterUid)}\n` : ''}    # Plans ask the registries whether the images still exist and are those that ran. Without this line nobody asks.
    images: {}

worker:
  credentials:
    ${connection}: { ${credentials.join(', ')} }
# Without tokens the API listens on this machine alone. Make one with \`unwind token new\`:
# api:
#   tokens:
#     - { subject: anna, sha256: …, groups: [sre], verbs: [read, plan, start, decide], environments: ['*'] }
`
}

/** JSON is YAML; a hash of digits alone, or with one e in it, would be a number without the quotes. */
const q = JSON.stringify

/** Names stay bare, as people write them, except those that YAML would read as something else (true, null, 1e10). */
function named(name: string): string {
  return /^[a-z][a-z0-9.-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(name) ? name : q(name)
}
