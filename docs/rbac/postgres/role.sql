-- What Unwind needs on any PostgreSQL database: a role of its own that may connect. Each kind of step says what else.
-- Replace shop by the database and set the password by a way that keeps it out of logs, such as psql's \password.
CREATE ROLE unwind LOGIN;
GRANT CONNECT ON DATABASE shop TO unwind;
-- On PostgreSQL 15 everybody may: it is asked whether the address still leads to the recorded server.
GRANT EXECUTE ON FUNCTION pg_control_system() TO unwind;
