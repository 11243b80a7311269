# SPDX-License-Identifier: Apache-2.0
"""Change events as Debezium writes them, bare (without the schema envelope)."""
import json


def key_of(row, name="id"):
    return json.dumps({name: row[name]})


def debezium(op, row=None, before=None, lsn=1, table="customers"):
    """The value of one event: op c, r, u or d."""
    source = {"version": "2.7.4.Final", "connector": "postgresql", "name": "warehouse", "ts_ms": 1700000000000, "snapshot": "false",
              "db": "shop", "schema": "public", "table": table, "txId": lsn, "lsn": lsn}
    return {"before": before, "after": row, "source": source, "op": op, "ts_ms": 1700000000000 + lsn, "transaction": None}


def created(row, **more):
    return key_of(row), debezium("c", row, **more)


def updated(row, before=None, **more):
    return key_of(row), debezium("u", row, before, **more)


def deleted(row, **more):
    return key_of(row), debezium("d", None, row, **more)


def tombstone(row):
    return key_of(row), None
