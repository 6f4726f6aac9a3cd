/** What a workload at zero had before, and which rollback took it away: whoever finds it so can bring it back by hand. */
export const SCALED_FROM = 'unwind.dev/scaled-from'
export const SCALED_BY = 'unwind.dev/scaled-by'
