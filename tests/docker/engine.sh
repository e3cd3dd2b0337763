#!/usr/bin/env bash
# Ends with 0 where a docker engine runs containers here; installs and starts one first if need be
# and if this is root on Debian. The engine's own words stay in the file below. `stop` ends the one
# that was started.
set -euo pipefail
log=/tmp/communique-dockerd.log
pid=/tmp/communique-dockerd.pid

if [[ ${1:-} == stop ]]; then
    [[ -f $pid ]] && kill "$(cat $pid)" && rm $pid
    exit 0
fi

# A shell with its libraries, in place of an image.
runs() {
    local name=communique-try-engine files
    mapfile -t files < <(ldd /bin/sh | grep -o '/[^ ]*' | cut -c 2-)
    tar --create --dereference --directory / bin/sh "${files[@]}" |
        docker import - $name >/dev/null || return
    docker run --rm $name /bin/sh -c 'exit 0'
    local status=$?
    docker image rm $name >/dev/null
    return $status
}

if ! docker info >/dev/null 2>&1; then
    [[ $(id -u) == 0 ]] || { echo 'No docker engine, and only root can start one.' && exit 1; }
    command -v dockerd >/dev/null || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker.io iptables
    } >/dev/null || { echo 'No docker engine, and none could be installed.' && exit 1; }
    rm -f /var/run/docker.pid
    nohup dockerd >$log 2>&1 </dev/null &
    echo $! >$pid
    for _ in {1..60}; do
        docker info >/dev/null 2>&1 && break
        kill -0 "$(cat $pid)" 2>/dev/null || break
        sleep 1
    done
    docker info >/dev/null 2>&1 || {
        echo 'The docker engine does not start here:' && tail -n 5 $log
        "$0" stop || true
        exit 1
    }
fi
command -v debootstrap >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap
} >/dev/null || { echo 'No debootstrap, and it could not be installed.' && exit 1; }
runs || { echo 'The docker engine runs no containers here.' && exit 1; }
