-- What a check of a database needs: a role that may read the tables that it names, and nothing else. Replace shop by the
-- database and public by the schemas.
CREATE ROLE unwind_reader LOGIN;
ALTER ROLE unwind_reader SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE shop TO unwind_reader;
GRANT USAGE ON SCHEMA public TO unwind_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO unwind_reader;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO unwind_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO unwind_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO unwind_reader;
