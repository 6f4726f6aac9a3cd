export interface Identity {
  pid: number
  start: string
}

/** A process that we started, as it is written down beside the others, so that whoever comes next can end it. */
export interface ProcessRecord extends Identity {
  name: string
  owner: Identity
  signal?: NodeJS.Signals
  grace?: number
  temporary?: string
}

export function identify(pid: number): Identity | undefined
export function isAlive(identity: Identity): boolean
export function end(process: Identity & { signal?: NodeJS.Signals; grace?: number }): Promise<void>
export function endRecorded(folder: string, chosen: (record: ProcessRecord) => boolean): Promise<ProcessRecord[]>
export function gone(identity: Identity, within: number): Promise<boolean>
export function signalGroup(pid: number, signal: NodeJS.Signals): void
