-- What Unwind needs to back a database up, beside docs/rbac/postgres/role.sql: it reads every table and sequence.
GRANT pg_read_all_data TO unwind;
