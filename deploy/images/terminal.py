#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py PICTURE.svg COMMAND...: runs a command on a pseudo-terminal and draws what stands there when it has ended. make picture."""
import fcntl
import html
import os
import pty
import re
import struct
import sys
import termios

COLUMNS, ROWS = 104, 60
CELL, LINE, MARGIN, BAR = 8.4, 19, 18, 30
COLOURS = {"31": "#ff7b72", "32": "#4cc38a", "33": "#f0b354", "36": "#74d0e0"}


def run(command):
    """What the command writes to a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvpe(command[0], command, os.environ | {"TERM": "xterm-256color"})
    written = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            more = b""
        if not more:
            break
        written += more
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        sys.exit(f"{command[0]} ended with {status}:\n{written.decode(errors='replace')}")
    return written.decode()


def screen(written):
    """The rows as lists of (character, style): carriage returns, erased lines and colours are done, other sequences are refused."""
    rows, column, style = [[]], 0, ""
    for code, character in re.findall(r"\x1b\[([\d;]*[A-Za-z])|([^\x1b])", written):
        if code.endswith("m"):
            style = "" if code in ("m", "0m") else (style + ";" + code[:-1]).strip(";")
        elif code == "K":
            del rows[-1][column:]
        elif code:
            sys.exit(f"a terminal sequence that this does not draw: {code}")
        elif character == "\r":
            column = 0
        elif character == "\n":
            rows.append([])
            column = 0
        else:
            rows[-1][column:column + 1] = [(character, style)]
            column += 1
    return rows


def runs(row):
    """(column, text, style) of what stands together."""
    start = 0
    for i in range(1, len(row) + 1):
        if i == len(row) or row[i][1] != row[start][1] or (row[i][0], row[i - 1][0]) == (" ", " "):
            text = "".join(c for c, _ in row[start:i])
            if text.strip():
                yield start + len(text) - len(text.lstrip()), text.strip(), row[start][1]
            start = i


def text(row, line):
    for column, words, style in runs(line):
        codes = style.split(";")
        look = f' fill="{COLOURS[c]}"' if (c := next((c for c in codes if c in COLOURS), None)) else ""
        look += ' font-weight="bold"' if "1" in codes else ""
        yield (f'<text x="{MARGIN + column * CELL:.1f}" y="{BAR + MARGIN + row * LINE}" textLength="{len(words) * CELL:.1f}" '
               f'xml:space="preserve"{look}>{html.escape(words)}</text>')


def draw(rows):
    width = 2 * MARGIN + CELL * max(map(len, rows))
    height = BAR + MARGIN + LINE * len(rows)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" fill="#e6eaf0" '
           'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14">')
    yield f'<rect width="{width:.0f}" height="{height}" rx="10" fill="#161b22"/>'
    yield from (f'<circle cx="{MARGIN + 18 * i}" cy="17" r="5.5" fill="{c}"/>' for i, c in enumerate(("#ff7b72", "#f0b354", "#4cc38a")))
    for i, row in enumerate(rows):
        yield from text(i, row)
    yield "</svg>"


def main():
    picture, *command = sys.argv[1:]
    typed = [("$ ", "32")] + [(" ".join([os.path.basename(command[0]), *command[1:]]), "1")]
    rows = screen(run(command))
    while rows and not rows[-1]:
        rows.pop()
    prompt = [(c, style) for words, style in typed for c in words]
    with open(picture, "w", encoding="utf-8") as file:
        file.write("\n".join(draw([prompt, *rows])) + "\n")


main()
