import { pathToFileURL } from 'node:url'
import type { Target } from '../../model/target.ts'
import { applied, contextFor } from './conformance-drive.ts'
import type { ChildCall } from './conformance-kill.ts'

/** One apply in a process of its own, so that it can be killed. */
const call = JSON.parse(process.argv[2] ?? '') as ChildCall
const module = (await import(pathToFileURL(call.module).href)) as Record<string, Target>
const target = module[call.exported]
if (!target) throw new Error(`${call.module} exports no ${call.exported}`)
const connection = await target.connect(call.credentials, 'first')
await applied(target, call.step, call.move, contextFor(connection, { rollbackId: call.rollbackId }))
