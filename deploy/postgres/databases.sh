#!/bin/sh
# At the first start of an empty server: a database and an owner each for Airflow and for Communiqué,
# who see nothing of each other's. Safe to run again: what is there stays, and has the passwords
# that secrets/ holds by now.
set -eu
make() { # name, file with its password
    psql --set ON_ERROR_STOP=1 --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set name="$1" --set file="$2" <<'SQL'
\set password `cat :'file'`
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'name', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}
make airflow /run/secrets/airflow_db_password
make communique /run/secrets/communique_db_password
# Where Celery notes what became of a task: workers can open this, and not Airflow's.
make celery /run/secrets/celery_db_password
# The owner of the store makes the two roles that it grants rights to, and analysts' logins; and
# `communique db watch` ends what they leave running.
psql --set ON_ERROR_STOP=1 --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --command 'ALTER ROLE communique CREATEROLE' \
    --command 'GRANT pg_read_all_stats, pg_signal_backend TO communique'
