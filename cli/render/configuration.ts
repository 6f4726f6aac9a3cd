/** What a person chose for the first configuration. */
export interface InitChoices {
  environment: string
  connection: string
  namespace: string
  kubeconfig?: string
  context?: string
}

/** The text of a first unwind.yaml, with comments for what people change next. */
export function configurationText(
  pin: { server: string; caSha256?: string; clusterUid?: string },
  { environment, connection, namespace, kubeconfig, context }: InitChoices,
): string {
  const q = JSON.stringify
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
${pin.caSha256 ? `    caSha256: ${pin.caSha256}\n` : ''}${pin.clusterUid ? `    clusterUid: ${q(pin.clusterUid)}\n` : ''}
worker:
  credentials:
    ${connection}: { ${credentials.join(', ')} }
# Without tokens the API listens on this machine alone. Make one with \`unwind token new\`:
# api:
#   tokens:
#     - { subject: anna, sha256: …, groups: [sre], verbs: [read, plan, start, decide], environments: ['*'] }
`
}
