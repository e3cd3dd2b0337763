-- Who may do what. Analysts read schema `analyst` and nothing else; the application writes;
-- only the role that runs migrations owns anything. Both are group roles:
--   CREATE ROLE ana LOGIN PASSWORD '...' IN ROLE communique_analyst;
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
ALTER DEFAULT PRIVILEGES IN SCHEMA analyst
    GRANT SELECT ON TABLES TO communique_app, communique_analyst;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA communique TO communique_app;
