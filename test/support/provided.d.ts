import 'vitest'

declare module 'vitest' {
  /** What the global setups hand to the tests, by `inject`. */
  export interface ProvidedContext {
    /** host:port of Temporal's gRPC frontend (temporal-setup). */
    temporalAddress: string
    /** URL of Temporal's web UI (temporal-setup). */
    temporalUi: string
    /** Path of a kubeconfig with all rights (cluster-setup). */
    kubeconfig: string
    /** SHA-256, in hex, of the DER of the cluster CA's certificate (cluster-setup). */
    clusterCaSha256: string
    /** Where an Argo CD answers, and the tokens of its accounts (argo-setup). */
    argo: { url: string; tokens: Readonly<Record<string, string>> }
  }
}
