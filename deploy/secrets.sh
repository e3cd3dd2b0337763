#!/bin/sh
# Writes what is missing of ./secrets: passwords and keys, each made anew, and the addresses that
# hold them. Never changes what is there. `deploy/secrets.sh --check` says what is missing, and lets
# containers read what they are given.
#
# The folder is the lock (mode 700: its owner, and root). The files in it can be read by all, since
# each is handed into containers that run as users of their own, who own nothing here.
set -eu
cd "$(dirname "$0")/.."
NAMES="postgres_password airflow_db_password communique_db_password celery_db_password
broker_password admin_password grafana_password fernet_key api_secret_key jwt_secret airflow_database_url communique_database_url
communique_service_url broker_url result_backend smtp_url channels webhook_secret archive_credentials"
MAY_BE_EMPTY="smtp_url channels webhook_secret archive_credentials"

# An empty password is none, and with some services the one that everybody knows.
is_there() {
    case " $MAY_BE_EMPTY " in
    *" $1 "*) [ -f "secrets/$1" ] ;;
    *) [ -s "secrets/$1" ] ;;
    esac
}

if [ "${1:-}" = --check ]; then
    missing=
    for name in $NAMES; do
        is_there "$name" || missing="$missing secrets/$name"
    done
    [ -z "$missing" ] || {
        printf 'Missing:%s\nRun `make secrets`; what is there already stays as it is.\n' "$missing" >&2
        exit 1
    }
    # As they came from a checkout under umask 077, an editor, or a copy on another machine.
    {
        find secrets -prune \( -perm -001 -o -perm -004 \) -exec chmod o-rwx {} + &&
            find deploy secrets \( -path 'deploy/caddy*' -o -path 'deploy/metrics*' \
                -o -path 'deploy/postgres*' -o -path 'secrets/*' \) \
                \( -type d ! -perm -005 -o -type f ! -perm -004 \) -exec chmod o+rX {} +
    } || {
        echo "Containers, whose users own nothing here, cannot read these; their owner must let them:" \
            "sudo deploy/secrets.sh --check" >&2
        exit 1
    }
    exit 0
fi

umask 077
mkdir -p secrets
chmod 700 secrets

hex() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
write() { # name; its content on stdin
    if is_there "$1"; then
        cat >/dev/null
        return
    fi
    cat >"secrets/.$1"
    chmod 444 "secrets/.$1"
    mv "secrets/.$1" "secrets/$1"
    is_there "$1" || { echo "secrets/$1 came out empty: no od, base64 or /dev/urandom?" >&2 && exit 1; }
    echo "made secrets/$1"
}
of() { cat "secrets/$1"; }

for name in postgres_password airflow_db_password communique_db_password celery_db_password \
    broker_password; do
    hex 24 | write "$name"
done
for name in admin_password grafana_password; do
    hex 8 | write "$name"
done
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | write fernet_key
hex 32 | write api_secret_key
hex 64 | write jwt_secret
printf 'postgresql+psycopg2://airflow:%s@postgres:5432/airflow' "$(of airflow_db_password)" |
    write airflow_database_url
printf 'postgresql://communique:%s@postgres:5432/communique' "$(of communique_db_password)" |
    write communique_database_url
# The same place, wherever that is by now. What the shell does itself is no argument that others read.
address=$(of communique_database_url)
case $address in
*@*) address="${address%%//*}//communique_service:$(hex 24)@${address#*@}" ;;
esac
printf '%s' "$address" | write communique_service_url
printf 'redis://:%s@redis:6379/0' "$(of broker_password)" | write broker_url
printf 'db+postgresql://celery:%s@postgres:5432/celery' "$(of celery_db_password)" |
    write result_backend
for name in smtp_url channels webhook_secret; do
    printf '' | write "$name"
done
printf '' | write archive_credentials
