# What backup.sh, restore.sh and upgrade.sh share; read by them, in the project's folder.

# A command beside PostgreSQL's server, and one in a fresh container of our image.
pg() { docker compose exec -T postgres "$@"; }
ours() { docker compose --progress quiet run --rm --no-deps -T migrate "$@"; }
# psql as the owner of a database, or as the server's superuser: who, which database.
sql() { pg psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --username="$1" --dbname="$2"; }

TAB=$(printf '\t')
FACTS="taken_at|count|head|analyst|role"
# All that writes to the databases.
WRITERS="api-server scheduler dag-processor triggerer watch tidy worker"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}
require_own_server() {
    deploy/secrets.sh --check
    for name in airflow communique; do
        case $(cat "secrets/${name}_database_url") in
        *"@postgres:5432/$name") ;;
        *) fail "secrets/${name}_database_url names a server of your own: dump and restore it with its" \
            "own means. After a restore: communique db restored --taken-at MOMENT." ;;
        esac
    done
}
# A database into FOLDER/NAME.dump, and what is true of the same moment into FOLDER/NAME.tsv.
dump() { # name, folder
    if ! cat deploy/keeping/dump.sql deploy/keeping/facts.sql |
        pg env NAME="$1" psql --no-psqlrc --quiet --username="$1" --dbname="$1" --file=- \
            >"$2/$1.dump" 2>"$2/said"; then
        cat "$2/said" >&2
        fail "The database $1 could not be dumped: see above."
    fi
    grep -E "^($FACTS)$TAB" "$2/said" >"$2/$1.tsv"
    grep -vE "^($FACTS)$TAB" "$2/said" >&2 || true
}
# The facts of a database alone, as its owner: owner, database.
facts() { sql "$1" "$2" <deploy/keeping/facts.sql; }
counts() { grep "^count$TAB" "$1" | sort; }
running() { docker compose --profile '*' ps --services --status running; }
stop_writers() {
    # shellcheck disable=SC2086 (several services)
    docker compose --profile '*' --progress quiet stop $WRITERS
}
