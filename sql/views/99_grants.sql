-- Whoever ran the upgrade: what lies in this schema is there to be read.
GRANT SELECT ON ALL TABLES IN SCHEMA analyst TO communique_app, communique_analyst;
