#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an arrow between the folders points the wrong way, or a pure file reaches the outside.

    layering.py [--root DIR] [--objects DIR]      DIR of objects: the .o files of the sources, for what only nm sees

The arrows: worker -> config -> common -> libraries. Inside worker/: commands -> loop -> the six folders, which do not include each
other and meet in worker/travel.h. The tables below are the whole of the rules.
"""
import argparse
import pathlib
import re
import subprocess
import sys

SIX = ["change", "engine", "kafka", "salesforce", "web", "simulator"]
TRAVEL = ["worker/travel.h", "worker/row.h", "worker/failure_codes.h"]  # what travels

# What the files under a path may include of ours; the longest matching path counts.
MAY_INCLUDE = {
    "common/": ["common/"],
    "config/": ["config/", "common/"],
    "worker/travel.": ["worker/travel.h", "common/"],
    "worker/failure_codes.": ["worker/failure_codes.h", "common/"],
    "worker/redact.": ["worker/redact.h"] + TRAVEL + ["common/"],
    "worker/row.": TRAVEL + ["config/route.h", "common/"],
    "worker/routing.": ["worker/routing.h", "worker/travel.h", "config/", "common/"],
    "worker/loop": ["worker/loop", "worker/redact.h", "worker/routing.h"] + TRAVEL + [f"worker/{d}/" for d in SIX] + ["config/", "common/"],
    "worker/commands/": ["worker/", "config/", "common/"],
    "worker/dlq/": ["worker/dlq/", "worker/routing.h", "worker/kafka/", "worker/change/", "worker/salesforce/"] + TRAVEL + ["config/", "common/"],
    "worker/main.c": ["worker/commands/codes.h", "worker/commands/command.h", "worker/commands/manual.h", "config/", "common/"],
    "worker/simulator/": ["worker/simulator/", "common/"],  # no code of the client's, no setting of ours
}
MAY_INCLUDE.update({f"worker/{d}/": [f"worker/{d}/"] + TRAVEL + ["config/", "common/"] for d in SIX if d != "simulator"})

# A library has one door.
LIBRARY_DOORS = {
    r"librdkafka/.*": ["worker/kafka/", "worker/commands/demo"],
    r"curl/.*": ["common/http_client."],
    r"microhttpd\.h": ["common/http_server."],
    r"libconfig\.h": ["config/"],
    r"jq\.h|jv\.h": ["common/expression."],
}

PURE = [
    "common/heap.", "common/backoff.", "common/buffer.", "common/repeats.", "common/json_doc.", "common/expression.",
    "common/spelling.", "common/text.", "common/form.", "common/base64url.", "common/http_packing.", "common/assertion.",
    "worker/change/", "worker/engine/", "worker/row.", "worker/failure_codes.", "worker/web/page.", "worker/web/html.", "worker/web/charts.", "worker/travel.",
    "worker/salesforce/request.", "worker/salesforce/response", "worker/salesforce/error_codes.", "worker/salesforce/field_value.", "worker/salesforce/mapping_check.", "worker/salesforce/authorization.", "worker/salesforce/lookup.",
    "worker/salesforce/record_ids.", "worker/salesforce/describe.", "worker/kafka/letter_headers.", "worker/kafka/letter.", "worker/kafka/letter_size.", "worker/routing.", "worker/dlq/filter.", "worker/dlq/advice.", "worker/dlq/overtaken.", "worker/kafka/problems.",
    "worker/simulator/schema.", "worker/simulator/objects.", "worker/simulator/values.", "worker/simulator/dates.", "worker/simulator/soql.",
    "worker/simulator/soql_lexer.", "worker/simulator/record_ids.", "worker/simulator/substitution.", "worker/simulator/describe_field.",
    "worker/simulator/store.", "worker/simulator/rules.", "worker/simulator/results.", "worker/simulator/call.", "worker/simulator/answer.",
    "worker/simulator/assertion.", "worker/simulator/faults.", "worker/simulator/journal.", "worker/simulator/cursors.",
]

# What a pure object may not ask for: the outside, the time, threads, chance, the log.
OUTSIDE = re.compile(
    r"(rd_kafka_|curl_|MHD_|clock_|pthread_|log_|http_|epoll_|timerfd_|eventfd).*"
    r"|(open|openat|creat|read|write|close|socket|connect|accept|bind|listen|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll|select"
    r"|fopen|fdopen|fread|fwrite|fclose|fputs|fputc|fgets|fprintf|vfprintf|printf|vprintf|puts|putchar|stdout|stderr|stdin"
    r"|time|gettimeofday|localtime|localtime_r|sleep|usleep|nanosleep|rand|random|srand|getrandom|getenv|setenv|fork|system|popen)")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)


def starts_with_any(path, prefixes):
    return any(path.startswith(p) for p in prefixes)


def allowed_for(path):
    """The prefixes that `path` may include; None: no rule knows this place."""
    rules = [p for p in MAY_INCLUDE if path.startswith(p)]
    return MAY_INCLUDE[max(rules, key=len)] if rules else None


def check_includes(path, text):
    allowed = allowed_for(path)
    if allowed is None:
        yield f"{path}: no rule of tests/checks/layering.py says what may be included here"
        return
    for ours, library in INCLUDE.findall(text):
        if ours and not starts_with_any(ours, ["common/", "config/", "worker/"]):
            yield f'{path}: "{ours}": includes start at the root of the tree'
        elif ours and not starts_with_any(ours, allowed):
            yield f'{path}: may not include "{ours}"'
        for pattern, doors in LIBRARY_DOORS.items():
            if library and re.fullmatch(pattern, library) and not starts_with_any(path, doors):
                yield f"{path}: <{library}> belongs to {' and '.join(doors)} alone"


def plain_name(symbol):
    """open of open64, __open_2 and __open64_chk; printf of __printf_chk."""
    symbol = symbol.split("@")[0]
    if symbol.startswith("__"):
        symbol = re.sub(r"^__(isoc99_)?|_chk$|_2$", "", symbol)
    return re.sub(r"64$", "", symbol)


def check_object(source, objects):
    """What the object of a source asks of others, where the source is pure, common or neither."""
    path = source.as_posix()
    built = objects / source.with_suffix(".o")
    if not built.exists():
        yield f"{path}: {built} is not built, so nobody knows what it reaches"
        return
    listing = subprocess.run(["nm", "-u", "-P", str(built)], check=True, capture_output=True, text=True).stdout
    symbols = {plain_name(line.split()[0]) for line in listing.splitlines() if line.strip()}
    if starts_with_any(path, PURE):
        for symbol in sorted(s for s in symbols if OUTSIDE.fullmatch(s)):
            yield f"{path}: is pure and reaches {symbol}()"
    if path.startswith("common/"):
        for symbol in sorted(symbols & {"log_event"}):
            yield f"{path}: common/ does not log, it returns ({symbol}())"
    if path != "common/clock.c":
        for symbol in sorted(symbols & {"clock_gettime", "gettimeofday", "time"}):
            yield f"{path}: asks the system for the time ({symbol}()); only common/clock.c does"


def sources(root):
    for folder in ("common", "config", "worker"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path.relative_to(root)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    arguments.add_argument("--objects", type=pathlib.Path)
    given = arguments.parse_args()

    wrong, seen = [], 0
    for source in sources(given.root):
        seen += 1
        wrong += check_includes(source.as_posix(), (given.root / source).read_text())
        if given.objects and source.suffix == ".c":
            wrong += check_object(source, given.objects)
    for line in wrong:
        print(line, file=sys.stderr)
    if not seen:
        print(f"{given.root}: no sources there", file=sys.stderr)
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
