#!/bin/sh
# `docker compose` as the scripts of deploy/ use it, with this machine in place of containers: what
# runs beside PostgreSQL, or in a fresh container of ours, runs here; what else is asked is noted.
asked="$*"
while [ $# -gt 0 ] && [ "$1" != exec ] && [ "$1" != run ]; do shift; done
case "${1:-}" in
exec)
    while [ "$1" != postgres ]; do shift; done
    shift
    PATH="$PROGRAMS:$PATH" exec "$@"
    ;;
run)
    while [ "$1" != migrate ]; do shift; done
    shift
    [ $# -gt 0 ] || { echo "$asked" >>"$NOTES" && exec sh -c "$MIGRATE"; }
    exec "$@"
    ;;
*) echo "$asked" >>"$NOTES" ;;
esac
case "$asked" in
*" ps "*) printf 'postgres\nscheduler\n' ;;
esac
