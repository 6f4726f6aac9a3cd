import type { Archive } from '../../activities/archive/index.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'

/** Where results of drills are kept. Throws CONFIGURATION_INVALID where nothing would keep them. */
export function archiveOf({ archive }: Api): Archive {
  if (archive) return archive
  const message = 'a drill is worth its result, which the archive keeps; name one as archive in unwind.yaml'
  throw new UnwindError('CONFIGURATION_INVALID', message)
}
