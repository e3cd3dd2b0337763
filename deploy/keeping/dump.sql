-- A dump (custom format, on stdout) and what is true of the same moment (on stderr): psql's
-- transaction lends pg_dump its snapshot. NAME, in the environment, is the database and its owner.
\set ON_ERROR_STOP on
\o | cat >&2
\pset tuples_only on
\pset format unaligned
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! exec pg_dump --format=custom --snapshot="$SNAPSHOT" --username="$NAME" --dbname="$NAME" </dev/null
\if :SHELL_ERROR
    \warn pg_dump ended with :SHELL_EXIT_CODE
    SELECT 1 / 0 AS "pg_dump failed";
\endif
