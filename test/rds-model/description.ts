import { readdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { findBinary } from '../../tools/find.ts'

/** A shape of AWS's own service description, as botocore carries it. */
export interface Shape {
  type: 'structure' | 'list' | 'map' | 'string' | 'integer' | 'long' | 'double' | 'float' | 'boolean' | 'timestamp'
  members?: Record<string, Ref>
  member?: Ref
  required?: string[]
  enum?: string[]
  error?: { code?: string; httpStatusCode: number }
}

interface Ref {
  shape: string
  locationName?: string
}

interface Operation {
  input?: Ref
  output?: Ref & { resultWrapper: string }
  errors?: { shape: string }[]
}

/** What AWS publishes of RDS: which operations there are, what each takes and answers, and which errors it knows. */
export interface Description {
  operations: Record<string, Operation>
  shapes: Record<string, Shape>
}

let loaded: Promise<Description> | undefined

/** The description of RDS in the botocore that moto brings along; read once. */
export function describeRds(): Promise<Description> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Description> {
  // In the cache it is a link into the virtual environment, whose libraries are wanted.
  const libraries = join(dirname(dirname(await realpath(await findBinary('moto')))), 'lib')
  const [python = ''] = (await readdir(libraries)).filter((name) => name.startsWith('python3'))
  const file = join(libraries, python, 'site-packages/botocore/data/rds/2014-10-31/service-2.json.gz')
  return JSON.parse((await promisify(gunzip)(await readFile(file))).toString('utf8')) as Description
}
