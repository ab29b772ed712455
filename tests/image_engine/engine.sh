#!/usr/bin/env bash
# A Docker Engine of its own for the tests of `tests/image_engine.rs`: its files are in one folder, it
# touches no network of the machine, and it is gone afterwards.
#
#   engine.sh tools          fetches dockerd, docker-registry and busybox where they are missing
#   engine.sh start FOLDER   starts an engine that listens at FOLDER/docker.sock
#   engine.sh stop FOLDER    ends it, by the ids of its processes, and removes the folder
set -euo pipefail
tools=$(cd "$(dirname "$0")/../.." && pwd)/target/ci-tools/engine
export PATH=$tools/usr/sbin:$tools/usr/bin:$tools/bin:$PATH:/usr/sbin:/sbin
packages=(docker.io containerd runc docker-registry busybox-static libdevmapper1.02.1)

missing() {
    for program in dockerd containerd runc docker-registry busybox setpriv openssl git; do
        command -v "$program" >/dev/null || echo "$program"
    done
}

# Debian's packages are unpacked below target/ and not installed: nothing starts by itself.
tools() {
    [ -n "$(missing)" ] || return 0
    echo "fetching for the engine tests: $(missing | tr '\n' ' ')" >&2
    mkdir -p "$tools"
    (
        cd "$tools"
        apt-get update -qq
        apt-get download -qq "${packages[@]}"
        for package in ./*.deb; do dpkg-deb -x "$package" .; done
        rm ./*.deb
    )
    if [ -n "$(missing)" ]; then
        echo "still missing: $(missing | tr '\n' ' ')" >&2
        return 1
    fi
}

start() {
    local folder=$1
    if [ "$(id -u)" != 0 ]; then
        echo "a Docker Engine can be started by root only" >&2
        return 1
    fi
    export LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu:$tools/lib/$(uname -m)-linux-gnu
    mkdir -p "$folder"
    containerd --root "$folder/containerd" --state "$folder/containerd-state" \
        --address "$folder/containerd.sock" >"$folder/containerd.log" 2>&1 &
    echo $! >"$folder/containerd.pid"
    wait_for "$folder" containerd test -S "$folder/containerd.sock"
    dockerd --containerd "$folder/containerd.sock" --host "unix://$folder/docker.sock" \
        --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/dockerd.pidfile" \
        --iptables=false --bridge=none --storage-driver=vfs --max-concurrent-uploads=100 \
        >"$folder/dockerd.log" 2>&1 &
    echo $! >"$folder/dockerd.pid"
    wait_for "$folder" dockerd grep -q "API listen on" "$folder/dockerd.log"
}

wait_for() {
    local folder=$1 program=$2
    shift 2
    for _ in $(seq 300); do
        "$@" && return 0
        kill -0 "$(cat "$folder/$program.pid")" 2>/dev/null || break
        sleep 0.1
    done
    echo "$program does not start; the end of its log:" >&2
    tail -5 "$folder/$program.log" >&2
    return 1
}

stop() {
    local folder=$1 program pid
    for program in dockerd containerd; do
        pid=$(cat "$folder/$program.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
    # What an engine that was killed left mounted.
    awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r |
        while read -r mounted; do umount --lazy "$mounted" || true; done
    rm -rf "$folder"
}

case "${1:-}" in
tools) tools ;;
start) start "$2" ;;
stop) stop "$2" ;;
*)
    echo "usage: engine.sh tools | start FOLDER | stop FOLDER" >&2
    exit 2
    ;;
esac
