-- Who may do what. Analysts read schema `analyst` and nothing else; the application writes;
-- only the role that runs migrations owns anything. Both are group roles; a login is made with
--   communique db analyst ana
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'communique_analyst') THEN
        CREATE ROLE communique_analyst NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'communique_app') THEN
        CREATE ROLE communique_app NOLOGIN;
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS communique;
CREATE SCHEMA IF NOT EXISTS analyst;

REVOKE ALL ON SCHEMA communique FROM PUBLIC;
GRANT USAGE ON SCHEMA communique, analyst TO communique_app;
GRANT USAGE ON SCHEMA analyst TO communique_analyst;

ALTER DEFAULT PRIVILEGES IN SCHEMA communique
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO communique_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA communique
    REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA analyst
    GRANT SELECT ON TABLES TO communique_app, communique_analyst;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA communique TO communique_app;

-- Statistics are brought up to date by who works here, not by who owns it; before version 17 the
-- owner alone can.
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON ALL TABLES IN SCHEMA communique TO communique_app';
        EXECUTE 'ALTER DEFAULT PRIVILEGES IN SCHEMA communique'
            || ' GRANT MAINTAIN ON TABLES TO communique_app';
    END IF;
END
$$;

-- How long a statement of an analyst may run. A group's setting does not reach its members: it is
-- kept here because they cannot change it here. `communique db analyst` gives it to each login,
-- `communique db watch` holds them to it. Another limit: ALTER ROLE communique_analyst SET ...
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_roles r, unnest(r.rolconfig) AS setting
        WHERE r.rolname = 'communique_analyst' AND starts_with(setting, 'statement_timeout=')
    ) THEN
        ALTER ROLE communique_analyst SET statement_timeout = '60s';
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'communique_analyst keeps the limit that its owner gave it';
END
$$;

-- What PostgreSQL lets everybody do in a database: temporary tables, and before version 15
-- tables in `public`.
DO $$
BEGIN
    IF (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database())
    THEN
        EXECUTE 'REVOKE TEMPORARY, CREATE ON DATABASE ' || quote_ident(current_database())
            || ' FROM PUBLIC';
        EXECUTE 'GRANT TEMPORARY ON DATABASE ' || quote_ident(current_database())
            || ' TO communique_app';
        -- Where somebody has shut it to all, as the services in docker do.
        EXECUTE 'GRANT CONNECT ON DATABASE ' || quote_ident(current_database())
            || ' TO communique_app, communique_analyst';
    END IF;
    IF (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
END
$$;

-- And what only a superuser can take away: large objects, which are written past every table;
-- advisory locks, by which anybody could stop settling for ever; messages in the write-ahead log,
-- which fill the disk from a transaction that only reads; and code in PL/pgSQL, which can catch the
-- signal that a statement has run for too long.
DO $$
DECLARE
    one text;
    owner text;
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;
    SELECT quote_ident(pg_get_userbyid(nspowner)) INTO owner
    FROM pg_namespace WHERE nspname = 'communique';
    FOR one IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
          AND proname ~ '^(lo_|loread|lowrite|pg_(try_)?advisory_|pg_logical_emit_message$)'
          AND has_function_privilege('communique_analyst', oid, 'EXECUTE')
    LOOP
        EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || one || ' FROM PUBLIC';
        EXECUTE 'GRANT EXECUTE ON FUNCTION ' || one || ' TO communique_app, ' || owner;
    END LOOP;
    REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
    EXECUTE 'GRANT USAGE ON LANGUAGE plpgsql TO communique_app, ' || owner;
END
$$;
