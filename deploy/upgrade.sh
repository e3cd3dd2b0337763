#!/bin/sh
# From the version that runs to the one that is checked out, whose image is built: stops what
# writes, backs up, migrates. `make upgrade` builds before and starts all afterwards.
set -eu
cd "$(dirname "$0")/.."
. deploy/keeping/keeping.sh

require_own_server
docker compose --progress quiet up --detach --wait --no-deps --no-recreate postgres
ran=$(running)
file=backups/before-upgrade-$(date -u +%Y%m%dT%H%M%SZ).tar

begin_again() {
    for service in $ran; do
        docker compose --profile '*' --progress quiet start "$service"
    done
}
echo "Stopping what writes: tasks that run come to their end"
stop_writers
# The image is of the new version already, and the old one must take this back.
PACK=pack-earlier deploy/backup.sh "$file" || {
    begin_again
    fail "No backup, so nothing was migrated. The services run again as before."
}
echo "Migrating"
docker compose --progress quiet run --rm --no-deps -T migrate || fail "
The migration failed, and says why above. Nothing runs now but PostgreSQL, and nothing is lost. The
store is as it was, since its migration is one transaction; Airflow's database may have come some of
its steps, and goes on from there. Two ways on:
  forwards   mend what is named above, then make upgrade again
  back       check out the version that ran, then
             make restore FILE=$file FORCE=1
             make up
             docker compose exec scheduler communique db restored --send
             (nothing was told since that backup, so nothing is told twice)"
echo "Migrated. The state before it: $file"
