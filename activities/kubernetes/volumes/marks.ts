/** Marks that a run leaves on what it makes and moves, so that a person finds out what is what. */
export const MARKS = {
  /** A label, by which a run finds what is its own: the end of its id. */
  run: 'unwind.dev/run',
  rollback: 'unwind.dev/rollback-id',
  /** Of a snapshot: the uid of the claim that it was taken of. */
  claimUid: 'unwind.dev/claim-uid',
  /** Of a snapshot whose run was taken back: nobody needs it any more. */
  released: 'unwind.dev/released',
  /** Of a volume or a claim: the uid of the snapshot that its data is from. */
  restoredFrom: 'unwind.dev/restored-from',
  /** Of a volume that was moved: the claim that the StatefulSet expects, as namespace/name. */
  serves: 'unwind.dev/serves',
  /** Of a volume that was moved: the name of the claim that it is kept under while it does not serve. */
  standby: 'unwind.dev/standby',
  /** Of a volume that was moved: its reclaim policy while it serves. */
  policy: 'unwind.dev/reclaim-policy',
  /** Of a volume that was moved: the claim by which it served, whole, in JSON. */
  claim: 'unwind.dev/claim',
} as const
