#!/bin/sh
# Refuses where another checkout's services have this one's name: compose would take them for ours,
# and start them anew with our secrets, which open nothing there.
set -eu
cd "$(dirname "$0")/.."
name=$(docker compose config | sed -n 's/^name: //p')
docker ps --all --filter "label=com.docker.compose.project=$name" \
    --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u |
    while IFS= read -r folder; do
        if [ -d "$folder" ] && [ "$(cd "$folder" && pwd -P)" != "$(pwd -P)" ]; then
            printf '%s\n' "The services named $name here are those of $folder." \
                "For a second deployment set in .env COMPOSE_PROJECT_NAME, COMMUNIQUE_IMAGE and" \
                "COMMUNIQUE_UI_PORT; to move that one here: make down there first." >&2
            exit 1
        fi
    done
