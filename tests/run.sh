#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs what was built and counts: the last line is "N passed, N failed", and the exit status is 1 if anything failed.
#   BUILD=build/plain tests/run.sh unit simulate system|smoke|slow|soak
# A test program that dies without a closing line counts as one failure; one that ran no test, too.
set -uo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/plain}
seeds=${SEEDS:-40000}
passed=0
failed=0

count() { # PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
}

run_unit() {
    local program log status ok bad
    for program in "$build"/tests/unit/test_*; do
        case "$program" in *.o | *.d | *.log) continue ;; esac
        [ -f "tests/unit/${program##*/}.c" ] || continue # left over from a file that is gone
        log=$program.log
        "$program" >"$log" 2>&1 </dev/null
        status=$?
        ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
        bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
        if [ "$bad" = 0 ] && { [ $status != 0 ] || [ "$ok" = 0 ]; }; then
            bad=1
        fi
        count "$ok" "$bad"
        if [ "$bad" = 0 ]; then
            printf '  ok    %-28s %4d\n' "${program##*/}" "$ok"
        else
            printf '  FAIL  %-28s %4d passed, %d failed, exit status %d\n' "${program##*/}" "$ok" "$bad" $status
            grep -vE '^\[ RUN|^\[ *OK \]' "$log" | tail -60
        fi
    done
}

run_simulate() {
    if "$build"/tests/schedules/simulate --count "$seeds"; then count 1 0; else count 0 1; fi
}

run_pytest() { # NAME OF THE REPORT, ARGUMENTS
    local report=$build/$1.xml ok=0 bad=1
    shift
    rm -f "$report"
    SFSINK=$build/sfsink build/venv/bin/python -m pytest -c tests/system/pytest.ini --junitxml="$report" "$@" </dev/null
    local status=$?
    if [ -f "$report" ]; then
        read -r ok bad < <(build/venv/bin/python - "$report" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree
suites = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
number = lambda name: sum(int(s.get(name, 0)) for s in suites)
bad = number("failures") + number("errors")
print(number("tests") - bad - number("skipped"), bad)
PYTHON
        )
    fi
    if [ $status != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    fi
    count "$ok" "$bad"
}

# They mostly wait: the tests of the promises beside the others, each half with a broker of its own.
run_system() {
    local beside=$build/promises.log counted=$build/promises.count other="not slow and not soak"
    rm -f "$counted"
    (
        passed=0 failed=0
        run_pytest promises tests/system/test_promise_*.py -m "$other" >"$beside" 2>&1
        echo "$passed $failed" >"$counted"
    ) &
    run_pytest system tests/checks tests/deploy tests/system --ignore-glob='*/test_promise_*' -m "$other"
    wait
    cat "$beside"
    local ok=0 bad=1
    [ -f "$counted" ] && read -r ok bad <"$counted"
    count "$ok" "$bad"
}

for part in "$@"; do
    case "$part" in
    unit) run_unit ;;
    simulate) run_simulate ;;
    system) run_system ;;
    slow) run_pytest slow tests/system -m slow ;;
    soak) run_pytest soak tests/system -m soak ;;
    smoke) run_pytest smoke tests/system -m smoke ;;
    *)
        echo "usage: BUILD=DIR $0 [unit] [simulate] [system|smoke|slow|soak]" >&2
        exit 64
        ;;
    esac
done

echo
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
