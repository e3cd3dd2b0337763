#!/bin/sh
# A backup in place of what is here: deploy/restore.sh FILE. FORCE=1 in the environment: although the
# store holds statements. Afterwards the services are stopped; `make up` starts them.
set -eu
cd "$(dirname "$0")/.."
. deploy/keeping/keeping.sh

file=${1:-}
[ -n "$file" ] || fail "Which backup? make restore FILE=backups/communique-....tar"
[ -r "$file" ] || fail "$file cannot be read."
require_own_server
work=$(mktemp -d)
begun=
# What did not come to its end takes up no room: a disk that it filled is the services' too.
tidy() {
    rm -rf "$work"
    [ -z "$begun" ] || sql postgres postgres <<'SQL' || true
SET client_min_messages = warning;
DROP DATABASE IF EXISTS airflow_restored WITH (FORCE);
DROP DATABASE IF EXISTS communique_restored WITH (FORCE);
SQL
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

# Both databases as they are: how many may use each at once; -1: any number.
let_in() {
    echo "ALTER DATABASE airflow CONNECTION LIMIT $1; ALTER DATABASE communique CONNECTION LIMIT $1;" |
        sql postgres postgres
}

docker compose --progress quiet up --detach --wait --no-deps postgres
let_in -1 # one that was killed may have left them shut
echo "Reading $file"
ours python -m communique.keeping check <"$file" >"$work/told" || fail "Nothing was changed."
fact() { sed -n "s/^$1$TAB//p" "$work/told"; }
taken_at=$(fact "taken_at${TAB}communique")

there=$(echo "SELECT to_regclass('communique.statements') IS NOT NULL" | sql communique communique)
if [ "$there" = t ]; then
    there=$(echo "SELECT count(*) FROM communique.statements" | sql communique communique)
    [ "$there" = 0 ] || [ "${FORCE:-}" = 1 ] ||
        fail "The store holds $there statements, which a restore takes away. Nothing was changed." \
            "If that is what you want: make backup, then make restore FILE=$file FORCE=1."
fi

# Into databases of other names first: what is here stays until all of it is there.
fresh() { # name
    sql postgres postgres <<SQL
SET client_min_messages = warning;
DROP DATABASE IF EXISTS $1_restored WITH (FORCE);
CREATE DATABASE $1_restored OWNER $1 ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE $1_restored FROM PUBLIC;
SQL
}
# What the dump grants rights to; `communique db upgrade` makes them the same way.
sql communique communique <<'SQL'
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['communique_analyst', 'communique_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = one) THEN
            EXECUTE 'CREATE ROLE ' || one || ' NOLOGIN';
        END IF;
    END LOOP;
END
$$;
SQL
# Others that somebody gave rights: without a login, since what they logged in with is not here.
fact role | cut -f 1 | sort -u | while IFS= read -r name; do
    pg env NAME="$name" psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=communique <<'SQL'
\getenv name NAME
SELECT format('CREATE ROLE %I NOLOGIN', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SQL
done
begun=1
for name in airflow communique; do
    echo "Restoring $name"
    fresh "$name"
    # As the owner, who may not do what a superuser once did there: extensions are made before, the
    # rest is left out.
    tar -xOf "$file" "$name.dump" | pg pg_restore --list >"$work/$name.list" ||
        fail "$name could not be restored: see above. Nothing was changed."
    sed -n 's/^[0-9]*; [0-9]* [0-9]* EXTENSION - \([a-zA-Z0-9_-]*\) *$/CREATE EXTENSION IF NOT EXISTS "\1";/p' \
        "$work/$name.list" | sql postgres "${name}_restored"
    list=$(pg mktemp)
    grep -v -e " DEFAULT ACL .* postgres$" -e " EXTENSION " "$work/$name.list" | pg sh -c 'cat >"$1"' sh "$list"
    tar -xOf "$file" "$name.dump" | pg pg_restore --username="$name" --dbname="${name}_restored" \
        --use-list="$list" --no-owner --exit-on-error ||
        fail "$name could not be restored: see above. Nothing was changed."
    pg rm "$list"
    facts "$name" "${name}_restored" >"$work/$name.now"
    tar -xOf "$file" "$name.tsv" >"$work/$name.then"
    counts "$work/$name.then" >"$work/then"
    counts "$work/$name.now" >"$work/now"
    diff "$work/then" "$work/now" >&2 || fail "Not every row of $name came back. Nothing was changed."
done

echo "Bringing the store to this version; nothing is told before you say so"
# shellcheck disable=SC2016 (expanded in the container)
ours sh -c 'COMMUNIQUE_DATABASE_URL=$(cat "$COMMUNIQUE_DATABASE_URL_FILE")_restored
export COMMUNIQUE_DATABASE_URL
communique db upgrade && communique db restored --taken-at "$1"' sh "$taken_at" ||
    fail "The store could not be brought to this version: see above. Nothing was changed."

if grep -q " ACL - LANGUAGE plpgsql" "$work/communique.list"; then
    echo "Closing what a superuser had closed to analysts"
    sql postgres communique_restored <sql/roles.sql
fi

echo "Stopping the services, putting the files and the databases in their places"
stop_writers
ours python -m communique.keeping put <"$file" >/dev/null ||
    fail "The files could not be written: see above. The databases are as they were; run it again."
# Analysts' tools connect again as soon as they are cut off.
trap 'let_in -1 || true; tidy' EXIT
let_in 0
sql postgres postgres <<'SQL' || fail "The databases are as they were, see above: run it again, or make up."
SET client_min_messages = warning;
DROP DATABASE IF EXISTS airflow_before WITH (FORCE);
DROP DATABASE IF EXISTS communique_before WITH (FORCE);
SELECT pg_sleep(1) \g /dev/null
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname IN ('airflow', 'communique', 'airflow_restored', 'communique_restored') \g /dev/null
BEGIN;
ALTER DATABASE airflow RENAME TO airflow_before;
ALTER DATABASE airflow_restored RENAME TO airflow;
ALTER DATABASE communique RENAME TO communique_before;
ALTER DATABASE communique_restored RENAME TO communique;
COMMIT;
SQL
begun=
sql postgres postgres <<'SQL'
DROP DATABASE airflow_before WITH (FORCE);
DROP DATABASE communique_before WITH (FORCE);
SQL

cat <<EOF
Restored: the state of $taken_at, every row counted. The services are stopped. Next:
  make up                                   (as before, with EXECUTOR= and PROFILES=)
  docker compose exec scheduler communique verify --all
  docker compose exec scheduler communique db restored
Statements are collected at once, but no alert and no digest is sent until the last one is told what
readers have had already: docs/operations.md, "Backups".
EOF
analysts=$(fact analyst | tr -d '\t' | tr '\n' ' ')
[ -z "$analysts" ] || echo "Analysts' logins, to be made anew where they lack (communique db analyst NAME): $analysts"
