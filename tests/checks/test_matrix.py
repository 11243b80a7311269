# SPDX-License-Identifier: Apache-2.0
"""tests/system/README.md says which test covers which row of the fault matrix: every row has one, and each test that is named there says so itself. Each promise test names its promise."""
import ast
import pathlib
import re

TESTS = pathlib.Path(__file__).parents[1]
ROWS = range(1, 50)
PROMISE_FILES = [*TESTS.glob("system/test_promise_*.py"), TESTS / "system/test_hostile.py", TESTS / "system/test_out_of_memory.py"]


def functions_of(file):
    """Each test of a Python file and its docstring."""
    return {node.name: ast.get_docstring(node) or "" for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def rows_in(text):
    """Of "matrix 4, 7 to 9": 4, 7, 8, 9."""
    found = set()
    for part in re.findall(r"[Mm]atrix ((?:\d+(?:,? (?:to |and )?)?)+)", text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", part):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def table():
    """Row -> what stands in its last column, from the README."""
    rows = {}
    for line in (TESTS / "system/README.md").read_text().splitlines():
        if match := re.match(r"\| (\d+) \|.*\| (.*) \|$", line):
            rows[int(match[1])] = re.findall(r"`([^`]+)`", match[2])
    return rows


def says(row, name):
    """name: test_FILE::test_NAME of tests/system, or the path of another file."""
    file, _, test = name.partition("::")
    if not test:
        return row in rows_in((TESTS / file).read_text())
    tests = functions_of(TESTS / f"system/{file}.py")
    assert test in tests, f"row {row} names {name}, which is not there"
    return row in rows_in(tests[test])


def test_numbers_are_read():
    assert rows_in("Matrix 4, 7 to 9, 12 and 13. Promise 2") == {4, 7, 8, 9, 12, 13} and rows_in("promise 3") == set()


def test_every_row_has_a_test_that_says_so():
    rows = table()
    assert sorted(rows) == list(ROWS)
    wrong = [(row, name) for row, names in rows.items() for name in names if not says(row, name)]
    assert all(rows.values()) and not wrong, f"tests that do not name their row: {wrong}"


def test_the_table_leaves_no_test_out():
    rows = table()
    for file in TESTS.glob("system/test_*.py"):
        for test, words in functions_of(file).items():
            for row in rows_in(words):
                assert f"{file.stem}::{test}" in rows[row], f"{file.stem}::{test} says that it covers row {row}; the table does not"


def test_each_promise_test_names_its_promise():
    nameless = [f"{file.stem}::{test}" for file in PROMISE_FILES for test, words in functions_of(file).items() if not re.search(r"[Pp]romises? \d|[Ss]ection \d", words)]
    assert not nameless
