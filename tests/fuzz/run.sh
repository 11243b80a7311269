#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each fuzzer replays its seeds (tests/fuzz/corpus/NAME, and what earlier runs found), then tries new inputs for a while.
#   tests/fuzz/run.sh SECONDS JOBS NAME…
# Finds stay under build/fuzz; a crash is shown with its last lines and makes the whole fail. An input counts as endless after two minutes: long
# enough for a machine on which all else is busy too.
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=$1
jobs=$2
shift 2

fuzz() { # NAME
    local name=$1 log=build/fuzz/$1.log found=build/fuzz/corpus/$1 options=()
    mkdir -p "$found"
    [ -f "tests/fuzz/$name.dict" ] && options+=("-dict=tests/fuzz/$name.dict")
    [ -d "tests/fuzz/corpus/$name" ] && options+=("$found" "tests/fuzz/corpus/$name") || options+=("$found")
    if ! "build/fuzz/$name" -max_total_time="$seconds" -timeout=120 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$name-" \
        "${options[@]}" >"$log" 2>&1 </dev/null; then
        printf '  FUZZ  %-24s FAIL\n' "$name"
        tail -40 "$log"
        return 1
    fi
    printf '  FUZZ  %-24s %s\n' "$name" "$(grep -aE '^Done [0-9]+ runs' "$log" | tail -1)"
}

export seconds
export -f fuzz
printf '%s\n' "$@" | xargs -P"$jobs" -I{} bash -c 'fuzz {}'
