#!/bin/sh
# The first start of an empty server: a database and an owner each for Airflow and for Communiqué,
# who see nothing of each other's.
set -eu
make() { # name, file with its password
    psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
        --set name="$1" --set password="$(cat "$2")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB;
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}
make airflow /run/secrets/airflow_db_password
make communique /run/secrets/communique_db_password
# Where Celery notes what became of a task: workers can open this, and not Airflow's.
make celery /run/secrets/celery_db_password
# The owner of the store makes the two roles that it grants rights to, and analysts' logins; and
# `communique db watch` ends what they leave running.
psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
    --command 'ALTER ROLE communique CREATEROLE' \
    --command 'GRANT pg_read_all_stats, pg_signal_backend TO communique'
