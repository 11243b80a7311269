#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tests reached of a folder: lines, branches, and each line and branch that was never reached.

    coverage.py BUILD FOLDER...   BUILD: objects compiled with --coverage, after the tests ran

Of one folder everything missed is listed, and it is an error if there is anything; of several only the sums.

Each half of `a && b` counts: true and false of `a`, true and false of `b`. Not counted are only

- the line of bug(), and of the condition on the line above it those halves that lead there: a defect of ours is nothing that a test
  of the whole can cause, and a condition of nothing but such halves has as many that lead on as that lead there;
- branches inside the macros of uthash and utlist, that is of lines that begin with HASH_ or DL_;
- of a switch over an enum, which names each of its values, the one branch to none of them.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


def measure(notes):
    """gcov's view of one object file: {source: {line: [branch counts]}} and {source: {line: count}}."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["gcov", "--branch-probabilities", "--json-format", str(notes.resolve())], cwd=place, check=True,
                       capture_output=True)
        for report in pathlib.Path(place).glob("*.json.gz"):
            yield from json.loads(gzip.decompress(report.read_bytes()))["files"]


def gather(build, folder):
    """{(file, line): times} and {(file, line): [times of each branch]}; a header's lines are summed over who includes it."""
    lines, branches = {}, {}
    for notes in sorted((build / folder).glob("*.gcno")):  # also of files that no test links
        if not pathlib.Path(folder, notes.stem + ".c").exists():
            continue  # it was removed since
        for source in measure(notes):
            if not source["file"].startswith(folder):
                continue
            for line in source["lines"]:
                place = (source["file"], line["line_number"])
                lines[place] = lines.get(place, 0) + line["count"]
                counts = [b["count"] for b in line["branches"]]
                before = branches.get(place, [0] * len(counts))
                if len(before) == len(counts):
                    branches[place] = [a + b for a, b in zip(before, counts)]
    return lines, branches


def excused(text, below):
    """How many of a line's branches need not be taken, of how many: a function of their number."""
    if text.startswith(("HASH_", "DL_")):
        return lambda n: n
    if text.startswith("bug(") or below.startswith("bug("):
        return lambda n: n // 2
    return lambda n: int(n > 0 and text.startswith("switch ("))


def report(build, folder, list_them):
    """True if everything was reached."""
    lines, branches = gather(build, folder)
    if not lines:
        sys.exit(f"{build}/{folder}: nothing was measured")
    texts = {path: [line.strip() for line in pathlib.Path(path).read_text().splitlines()] + [""] for path, _ in lines}
    nlines = nbranches = missed_lines = missed_branches = 0
    for (path, number), times in sorted(lines.items()):
        text, below = texts[path][number - 1], texts[path][number]
        if text.startswith("bug("):
            continue
        counts = branches.get((path, number), [])
        free = excused(text, below)(len(counts))
        missed = max(0, counts.count(0) - free)
        nlines, nbranches = nlines + 1, nbranches + len(counts) - free
        missed_lines, missed_branches = missed_lines + (times == 0), missed_branches + missed
        if list_them and (times == 0 or missed):
            what = "never" if times == 0 else "branches " + " ".join(str(c) for c in counts)
            print(f"{path}:{number}: {text}    ({what})")
    print(f"{folder + ':':20} {nlines - missed_lines} of {nlines} lines ({100 - 100 * missed_lines / nlines:.1f} %), "
          f"{nbranches - missed_branches} of {nbranches} branches ({100 - 100 * missed_branches / nbranches:.1f} %)")
    return missed_lines + missed_branches == 0


def main():
    build, folders = pathlib.Path(sys.argv[1]), sys.argv[2:]
    whole = [report(build, folder, len(folders) == 1) for folder in folders]
    if len(folders) == 1 and not whole[0]:
        sys.exit("not everything was reached: see above")


if __name__ == "__main__":
    main()
