/** A column that did not exist before: whether it takes NULL, and how it is filled when nobody names it. */
export interface FreshColumn {
  nullable: boolean
  filled: 'no' | 'constant' | 'distinct'
}

/**
 * What the statements so far have made. The old code knows none of it, so whatever happens to it breaks nothing. What was
 * made only `IF NOT EXISTS` may have been there, and does not count.
 */
export class Fresh {
  readonly #objects = new Set<string>()
  readonly #columns = new Map<string, FreshColumn>()

  add(kind: string, name: string): void {
    this.#objects.add(`${kind} ${name}`)
  }

  has(kind: string, name: string): boolean {
    return this.#objects.has(`${kind} ${name}`)
  }

  forget(kind: string, name: string): void {
    this.#objects.delete(`${kind} ${name}`)
  }

  addColumn(table: string, column: string, how: FreshColumn): void {
    this.#columns.set(`${table}.${column}`, how)
  }

  column(table: string, column: string): FreshColumn | undefined {
    return this.#columns.get(`${table}.${column}`)
  }

  forgetColumn(table: string, column: string): void {
    this.#columns.delete(`${table}.${column}`)
  }
}
