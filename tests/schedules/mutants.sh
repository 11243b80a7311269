#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Breaks the engine's rules one at a time (mutants.txt) and sees whether a test notices.
#   BUILD=build/plain CC=… CFLAGS=… LIBS=… JOBS=2 tests/schedules/mutants.sh [WORD of the names to run]
# Each mutant is compiled apart, under $BUILD/mutants, and linked with the rest as it is. The unit tests run first, then the simulation.
set -uo pipefail
cd "$(dirname "$0")/../.."

build=${BUILD:-build/plain}
seeds=${MUTANT_SEEDS:-6000}
patience=60 # seconds for one test program; one that hangs has noticed

notices() { # DIR NAME OBJECTS...: links and runs; true if it turns red
    local dir=$1 name=$2
    shift 2
    # shellcheck disable=SC2086
    if ! $CC $CFLAGS -o "$dir/$name" "$@" "$build/libsfsink.a" $LIBS -lcmocka 2>>"$dir/log"; then
        echo "BROKEN      $dir/$name cannot be linked, see $dir/log" >&2
        return 1
    fi
    local arguments=()
    [ "$name" = simulate ] && arguments=(--count "$seeds" --no-shrink)
    ! { timeout $patience "$dir/$name" "${arguments[@]}" >>"$dir/log" 2>&1 </dev/null; } 2>/dev/null # nor the shell's word of an abort
}

# A header's mutant changes every file that includes it: all of the engine is compiled again then.
compile() { # DIR FILE: the objects, on standard output
    local dir=$1 file=$2 source
    local sources=("$dir/worker/engine/$file")
    [ "${file%.h}" != "$file" ] && sources=("$dir"/worker/engine/*.c)
    for source in "${sources[@]}"; do
        # shellcheck disable=SC2086
        $CC -I"$dir" $CFLAGS -w -c "$source" -o "${source%.c}.o" 2>>"$dir/log" || return 1
        echo "${source%.c}.o"
    done
}

try() { # NUMBER "NAME | FILE | SED"
    local dir=$build/mutants/$1 name file script objects test
    IFS='|' read -r name file script <<<"$2"
    name=${name%% } name=${name%"${name##*[! ]}"} file=${file// /} script=${2#*|*| }
    rm -rf "$dir" && mkdir -p "$dir/worker"
    cp -r worker/engine "$dir/worker/engine"
    sed -i "$script" "$dir/worker/engine/$file" 2>>"$dir/log"
    if cmp -s "worker/engine/$file" "$dir/worker/engine/$file"; then
        echo "STALE       $name: the edit changes nothing in $file"
        return
    fi
    if ! objects=$(compile "$dir" "$file"); then
        echo "BROKEN      $name: does not compile, see $dir/log"
        return
    fi
    for test in "$build"/tests/unit/test_engine*.o "$build"/tests/unit/test_offsets.o "$build"/tests/unit/test_commit_map.o; do
        # shellcheck disable=SC2086
        if notices "$dir" "$(basename "$test" .o)" "$test" "$build/tests/unit/engine_fixture.o" $objects; then
            echo "caught      $name ($(basename "$test" .o))"
            return
        fi
    done
    # shellcheck disable=SC2086
    if notices "$dir" simulate $(printf "$build/%s.o " $(ls tests/schedules/*.c | sed 's/\.c$//')) $objects; then
        echo "caught      $name (simulate: $(grep -o 'seed [0-9]* is' "$dir/log" | tr -d ' a-z') of $seeds seeds)"
        return
    fi
    echo "NOT CAUGHT  $name"
}

if [ "${1:-}" = --one ]; then
    try "$2" "$3"
    exit
fi

export BUILD=$build CC=${CC:-cc} CFLAGS LIBS
number=0
grep -v '^#' tests/schedules/mutants.txt | grep -e "${1:-}" | while IFS= read -r line; do
    number=$((number + 1))
    printf '%s\0%s\0' $number "$line"
done | xargs -0 -n2 -P"${JOBS:-2}" "$0" --one | tee "$build/mutants.log"
echo
echo "$(grep -c ^caught "$build/mutants.log") caught, $(grep -vc ^caught "$build/mutants.log") not"
! grep -qv ^caught "$build/mutants.log"
