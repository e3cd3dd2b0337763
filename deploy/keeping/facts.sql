-- Facts of a database, a line each, with tabs between: when, the rows of each table, how far it was
-- migrated, who may sign in as an analyst, who was given rights.
\pset fieldsep '\t'
SELECT 'taken_at', current_database(), to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
SELECT format('SELECT %L, %L, count(*) FROM %I.%I', 'count', n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('communique', 'public') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1 \gexec
SELECT format('SELECT %L, %L, version_num FROM %I.%I', 'head', n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND starts_with(c.relname, 'alembic_version') ORDER BY 1 \gexec
SELECT 'analyst', m.rolname, '' FROM pg_auth_members a
JOIN pg_roles g ON g.oid = a.roleid AND g.rolname = 'communique_analyst'
JOIN pg_roles m ON m.oid = a.member AND m.rolcanlogin AND NOT m.rolcreaterole
WHERE current_database() = 'communique' ORDER BY 2;
SELECT DISTINCT 'role', r.rolname, '' FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'a'
AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 2;
