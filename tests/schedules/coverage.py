#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tests reached of a folder: lines, branches, and each branch that was never taken.

    coverage.py BUILD FOLDER...   BUILD: objects compiled with --coverage, after the tests ran; of several folders only the sums

Not counted: the branch into bug() (a defect of the engine is not something that a test can cause), the insides of uthash's and
utlist's macros, and the default that gcov sees in a switch over all values of an enum.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


NOT_OURS = ("HASH_", "DL_", "switch (")


def measure(notes):
    """gcov's view of one object file: {source: {line: [branch counts]}} and {source: {line: count}}."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["gcov", "--branch-probabilities", "--json-format", str(notes.resolve())], cwd=place, check=True,
                       capture_output=True)
        for report in pathlib.Path(place).glob("*.json.gz"):
            yield from json.loads(gzip.decompress(report.read_bytes()))["files"]


def report(build, folder, each_branch):
    lines, branches = {}, {}
    for notes in sorted((build / folder).glob("*.gcda")):
        for source in measure(notes):
            if not source["file"].startswith(folder):
                continue
            text = pathlib.Path(source["file"]).read_text().splitlines()
            for line in source["lines"]:
                place = (source["file"], line["line_number"])
                near = "".join(text[place[1] - 1:place[1] + 1])
                if "bug(" in near:
                    continue
                lines[place] = lines.get(place, 0) + line["count"]
                if text[place[1] - 1].lstrip().startswith(NOT_OURS):
                    continue
                counts = [b["count"] for b in line["branches"]]
                before = branches.get(place, [0] * len(counts))
                if len(before) == len(counts):
                    branches[place] = [a + b for a, b in zip(before, counts)]
    all_branches = [(place, i, n) for place, counts in branches.items() for i, n in enumerate(counts)]
    missed = sorted({(place, pathlib.Path(place[0]).read_text().splitlines()[place[1] - 1].strip())
                     for place, _, n in all_branches if n == 0})
    for (path, number), text in missed if each_branch else ():
        print(f"{path}:{number}: {text}")
    reached_lines, reached = sum(n > 0 for n in lines.values()), sum(n > 0 for _, _, n in all_branches)
    if not all_branches:
        sys.exit(f"{build}/{folder}: nothing was measured")
    print(f"{folder + ':':20} {reached_lines} of {len(lines)} lines ({100 * reached_lines / len(lines):.1f} %), "
          f"{reached} of {len(all_branches)} branches ({100 * reached / len(all_branches):.1f} %)")


def main():
    build, folders = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for folder in folders:
        report(build, folder, len(folders) == 1)


if __name__ == "__main__":
    main()
