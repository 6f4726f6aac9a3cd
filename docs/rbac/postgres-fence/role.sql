-- What Unwind needs to fence a database, beside docs/rbac/postgres/role.sql. Replace shop by the database, and shop_owner
-- by the role that owns it: only the owner can take and give the right to connect.
GRANT shop_owner TO unwind;
-- To see whose sessions there are, and to end them. Those of a superuser only a superuser can end.
GRANT pg_read_all_stats, pg_signal_backend TO unwind;
-- Only where a step names `roles`: to take and give the login of ordinary roles. Superusers take a superuser.
-- ALTER ROLE unwind CREATEROLE;
