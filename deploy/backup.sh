#!/bin/sh
# Both databases, the archive and the watchlists into one file: deploy/backup.sh [FILE].
# PACK=pack-earlier in the environment: what is there is not yet of the image's version.
# The services may run meanwhile. Secrets are not in it. communique/keeping.py says what is.
set -eu
cd "$(dirname "$0")/.."
. deploy/keeping/keeping.sh

require_own_server
file=${1:-backups/communique-$(date -u +%Y%m%dT%H%M%SZ).tar}
[ ! -e "$file" ] || fail "$file is there already: name another, or move it away."
pg true 2>/dev/null || fail "PostgreSQL does not run: make up, or docker compose up --wait postgres."

umask 077
mkdir -p "$(dirname "$file")"
# What one that was killed left behind.
find "$(dirname "$file")" -maxdepth 1 -type d -name '.backup.*' -mtime +0 -exec rm -rf {} +
# Beside the file, so that it can be moved when it is whole.
work=$(mktemp -d "$(dirname "$file")/.backup.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Airflow first: a run that it knows to be done is then in the store; and the archive last, so that
# what the store names is in it.
for name in airflow communique; do
    echo "Dumping $name"
    dump "$name" "$work"
done
echo "Packing, with the archive and the watchlists"
tar -C "$work" -cf - airflow.dump airflow.tsv communique.dump communique.tsv |
    ours python -m communique.keeping "${PACK:-pack}" >"$work/whole" || fail "The backup could not be packed: see above."
echo "Reading it back"
ours python -m communique.keeping check <"$work/whole" >"$work/told" || fail "The backup is not whole: see above."
mv "$work/whole" "$file"
statements=$(sed -n "s/^count${TAB}communique.statements$TAB//p" "$work/told")
echo "$file: $(du -h "$file" | cut -f1), ${statements:-0} statements. Keep it, and copies of secrets/ and .env, on another machine."
