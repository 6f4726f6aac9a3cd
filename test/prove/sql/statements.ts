/** One migration: what it runs, what the new code writes with it, whether it is code that runs inside the database. */
export interface Migration {
  up: string
  writes?: string
  dynamic?: true
}

/** Draws one of several, by the seed. */
export type Pick = <Item>(items: readonly Item[]) => Item

type Template = (pick: Pick) => Migration | string

const TYPES = [
  'int',
  'text',
  'varchar(20)',
  'boolean',
  'timestamptz',
  'jsonb',
  'numeric(8, 2)',
  'uuid',
  'date',
  'text[]',
]
const TABLES = ['customers', 'orders', 'logs']
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  customers: ['email', 'name', 'nickname', 'score', 'profile', 'feeling'],
  orders: ['customer', 'amount', 'note', 'number', 'placed'],
  logs: ['at', 'line'],
}
const NEW = ['added', 'extra', 'flag', 'kind_of', '"mixedCase"']

function place(pick: Pick): { table: string; column: string } {
  const table = pick(TABLES)
  return { table, column: pick(COLUMNS[table] ?? []) }
}

/** Additions, which most migrations are. */
const additions: readonly Template[] = [
  (pick) => `ALTER TABLE ${pick(TABLES)} ADD COLUMN ${pick(NEW)} ${pick(TYPES)}`,
  (pick) => `ALTER TABLE ${pick(TABLES)} ADD COLUMN IF NOT EXISTS ${pick(NEW)} ${pick(TYPES)} NULL`,
  (pick) =>
    `ALTER TABLE ${pick(TABLES)} ADD COLUMN ${pick(NEW)} ${pick(['int NOT NULL DEFAULT 0', "text NOT NULL DEFAULT 'a'", 'boolean NOT NULL DEFAULT false', 'timestamptz NOT NULL DEFAULT now()', "jsonb NOT NULL DEFAULT '{}'::jsonb", 'uuid NOT NULL DEFAULT gen_random_uuid()', 'timestamptz DEFAULT CURRENT_TIMESTAMP'])}`,
  (pick) =>
    `ALTER TABLE ${pick(TABLES)} ADD COLUMN ${pick(NEW)} ${pick(['int UNIQUE', 'uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()', 'int CHECK (added > 3)', 'bigint GENERATED ALWAYS AS IDENTITY']).replace('added', 'added')}`.replace(
      /ADD COLUMN \S+ int CHECK/,
      'ADD COLUMN added int CHECK',
    ),
  (pick) => ({
    up: `CREATE TABLE fresh (id serial PRIMARY KEY, ${pick(NEW)} ${pick(TYPES)}, made timestamptz DEFAULT now())`,
    writes: 'INSERT INTO fresh DEFAULT VALUES',
  }),
  (pick) =>
    `CREATE TABLE fresh (id int PRIMARY KEY); CREATE UNIQUE INDEX ON fresh (id); ALTER TABLE fresh ADD COLUMN ${pick(NEW)} ${pick(TYPES)} NOT NULL; COMMENT ON TABLE fresh IS 'new'`,
  (pick) =>
    `CREATE TABLE fresh (id int PRIMARY KEY); CREATE TABLE part (fresh int REFERENCES fresh (id) ON DELETE CASCADE, b ${pick(TYPES)}); INSERT INTO fresh VALUES (1), (2)`,
  (pick) => {
    const { table, column } = place(pick)
    return `CREATE INDEX ${pick(['', 'IF NOT EXISTS '])}fresh_index ON ${table} (${column === 'profile' ? 'id' : column})`
  },
  (pick) =>
    `CREATE INDEX CONCURRENTLY fresh_index ON ${pick(['orders (placed)', 'orders (customer, placed)', 'customers (lower(email))', 'orders (number) WHERE number > 5', 'customers USING gin (profile)'])}`,
  (pick) =>
    `ALTER TABLE customers ADD COLUMN added ${pick(['int', 'text'])}; CREATE UNIQUE INDEX fresh_unique ON customers (${pick(['added', 'added, name'])})`,
  (pick) => ({
    up: `CREATE TYPE colour AS ENUM ('red', 'blue'); ALTER TABLE ${pick(TABLES)} ADD COLUMN ${pick(NEW)} colour${pick(['', " NOT NULL DEFAULT 'red'"])}`,
  }),
  (pick) => `CREATE VIEW fresh_view AS SELECT id, ${pick(['email', 'name'])} FROM customers`,
  (pick) =>
    pick([
      'CREATE SCHEMA extra',
      'CREATE SEQUENCE fresh_numbers',
      'CREATE EXTENSION IF NOT EXISTS pg_trgm',
      'CREATE MATERIALIZED VIEW sums AS SELECT customer, sum(amount) FROM orders GROUP BY 1',
      "COMMENT ON COLUMN customers.name IS 'a name'",
      'GRANT SELECT ON orders TO app',
      'SET lock_timeout = 2000; CREATE TABLE fresh (a int)',
      'CREATE STATISTICS s ON customer, number FROM orders',
      'ANALYZE orders',
      'ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500',
    ]),
  (pick) => `BEGIN; ALTER TABLE orders ADD COLUMN ${pick(NEW)} ${pick(TYPES)}; CREATE TABLE fresh (id int); COMMIT`,
  (pick) => `ALTER TABLE orders ALTER COLUMN note SET DEFAULT ${pick(["'none'", "''", "'x'::varchar"])}`,
  () =>
    "ALTER TABLE orders ADD COLUMN state text; ALTER TABLE orders ADD CONSTRAINT state_words CHECK (state IN ('open', 'closed'))",
  () =>
    "ALTER TABLE customers ADD COLUMN state text DEFAULT 'open'; ALTER TABLE customers ALTER COLUMN state SET NOT NULL",
  () => 'ALTER TABLE customers ADD COLUMN state text; ALTER TABLE customers DROP COLUMN state',
  () => 'CREATE TABLE fresh (id int); DROP TABLE fresh',
]

/** What takes something away, or tightens it. */
const changes: readonly Template[] = [
  (pick) => {
    const { table, column } = place(pick)
    return `ALTER TABLE ${table} DROP COLUMN ${column} CASCADE`
  },
  (pick) =>
    `DROP ${pick(['TABLE orders CASCADE', 'VIEW big_orders', 'SEQUENCE tickets', 'FUNCTION doubled(int)', 'INDEX orders_number', 'TABLE logs', 'INDEX orders_placed'])}`,
  (pick) => {
    const { table, column } = place(pick)
    return pick([`ALTER TABLE ${table} RENAME COLUMN ${column} TO renamed`, `ALTER TABLE ${table} RENAME TO renamed`])
  },
  (pick) =>
    `ALTER TABLE ${pick(['customers', 'orders'])} ADD COLUMN added ${pick(['int', 'text'])} NOT NULL`
      .replace('ADD COLUMN', pick(['ADD COLUMN', 'ADD']))
      .replace(/^(.*) NOT NULL$/, 'DELETE FROM orders; DELETE FROM customers; $1 NOT NULL'),
  (pick) =>
    `ALTER TABLE ${pick(['customers ALTER COLUMN score', 'orders ALTER COLUMN number'])} TYPE ${pick(['bigint', 'text', 'numeric'])}`.replace(
      'customers ALTER COLUMN score TYPE text',
      'orders ALTER COLUMN number TYPE text',
    ),
  () =>
    "UPDATE customers SET nickname = 'x' WHERE nickname IS NULL; ALTER TABLE customers ALTER COLUMN nickname SET NOT NULL",
  (pick) => {
    const column = pick(['name', 'score', 'feeling'])
    const writes = `INSERT INTO customers (email, ${column}) VALUES ('null@example.test', NULL)`
    return { up: `ALTER TABLE customers ALTER COLUMN ${column} DROP NOT NULL`, writes }
  },
  (pick) =>
    `ALTER TABLE ${pick(['customers ALTER COLUMN name', 'customers ALTER COLUMN score', 'logs ALTER COLUMN at', 'customers ALTER COLUMN feeling'])} DROP DEFAULT`,
  (pick) =>
    `ALTER TABLE ${pick(['orders ADD CONSTRAINT few CHECK (amount > 1)', 'customers ADD CONSTRAINT nick UNIQUE (name)', 'orders ADD CONSTRAINT few CHECK (amount < 100000) NOT VALID', 'orders ADD UNIQUE (customer, number)'])}`,
  (pick) =>
    `ALTER TABLE ${pick(['customers DROP CONSTRAINT customers_email_key', 'customers DROP CONSTRAINT score_range', 'orders DROP CONSTRAINT orders_customer_fkey'])}`,
  (pick) => ({
    up: `ALTER TYPE mood ADD VALUE '${pick(['angry', 'calm'])}'`,
    writes:
      "DO $$ BEGIN EXECUTE format('INSERT INTO customers (email, feeling) VALUES (''enum@example.test'', %L)', (SELECT enumlabel FROM pg_enum ORDER BY enumsortorder DESC LIMIT 1)); END $$",
  }),
  () => "ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'",
  (pick) => ({
    up: `CREATE TABLE fresh (id serial PRIMARY KEY, customer int REFERENCES customers (id)${pick(['', ' ON DELETE RESTRICT', ' ON DELETE CASCADE'])})`,
    writes: 'INSERT INTO fresh (customer) VALUES (18), (19)',
  }),
  (pick) => ({
    up: `ALTER TABLE logs ADD COLUMN about int REFERENCES ${pick(['orders (id)', 'customers (id)'])}`,
    writes: "INSERT INTO logs (line, about) VALUES ('x', 1)",
  }),
  (pick) =>
    `CREATE UNIQUE INDEX fresh_unique ON ${pick(['customers (name)', 'orders (number, customer)', 'customers (lower(email))'])}`,
  () => "CREATE INDEX fresh_index ON customers (((profile ->> 'age')::int))",
  (pick) => `REVOKE ${pick(['INSERT ON orders', 'ALL ON customers', 'USAGE ON SEQUENCE tickets'])} FROM app`,
  (pick) => `ALTER TABLE ${pick(TABLES)} ENABLE ROW LEVEL SECURITY`,
  () => 'CREATE OR REPLACE VIEW big_orders AS SELECT id, amount FROM orders WHERE amount > 200',
  (pick) => `ALTER TABLE ${pick(['customers', 'logs'])} ADD COLUMN added ${pick(['serial', 'quantity', 'bigserial'])}`,
  (pick) =>
    `ALTER TABLE ${pick(['customers', 'logs'])} ADD COLUMN added int ${pick(['GENERATED ALWAYS AS (1) STORED', 'DEFAULT 1 CHECK (added > 0)'])}`,
  () => "ALTER TABLE customers ADD COLUMN age int GENERATED ALWAYS AS ((profile ->> 'age')::int) STORED",
  (pick) =>
    `CREATE SCHEMA elsewhere; ALTER ${pick(['TABLE orders', 'SEQUENCE tickets', 'VIEW big_orders'])} SET SCHEMA elsewhere`,
  () => 'CREATE TABLE fresh (id int); ALTER TABLE fresh RENAME TO kept',
  () => 'ALTER TABLE logs ADD COLUMN a int; DROP TABLE logs; CREATE TABLE logs (other int)',
]

/** Rows that are changed by the migration itself. */
const rows: readonly Template[] = [
  (pick) =>
    pick([
      'UPDATE customers SET name = upper(name)',
      "DELETE FROM logs WHERE line = 'one'",
      "INSERT INTO logs (line) VALUES ('seed')",
      'ALTER TABLE orders ADD COLUMN cents int; UPDATE orders SET cents = amount * 100',
    ]),
]

/** Code that runs inside the database. */
const dynamic: readonly Template[] = [
  (pick) => ({
    dynamic: true,
    up: pick([
      "DO $$ BEGIN EXECUTE 'ALTER TABLE orders DROP COLUMN note'; END $$",
      "CREATE FUNCTION tripled(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 3'",
      "SELECT setval('tickets', 100)",
      "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; CREATE TRIGGER stop BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stop()",
    ]),
  }),
]

/** In a corpus of real migrations most statements add; the shares here are those of the sum of these lists. */
const TEMPLATES = [...additions, ...additions, ...changes, ...rows, ...rows, ...dynamic]

/** The migration of a case: each template in turn, filled by the seed. */
export function migration(index: number, pick: Pick): Migration {
  const made = TEMPLATES[index % TEMPLATES.length]?.(pick) ?? ''
  return typeof made === 'string' ? { up: made } : made
}
