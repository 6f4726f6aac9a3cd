-- What Unwind needs to take migrations back, beside docs/rbac/postgres/role.sql. Replace shop_owner by the role that
-- migrates: only the owner of a table may change it. To judge and to plan, reading the tool's own tables is enough:
--   GRANT SELECT ON knex_migrations, knex_migrations_lock TO unwind;
GRANT shop_owner TO unwind;
