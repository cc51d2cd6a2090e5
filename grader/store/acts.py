"""The log of staff's acts, by course: an act is written in the same transaction or call as what it did."""

import json
from dataclasses import asdict

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.stored import read
from backmark.grader.store.connection import text
from backmark.grader.store.transactions import Transaction


def record(transaction: Transaction, course: str, entry: AuditEntry) -> None:
    """Write an act into the log of its course; the store's clock sets `at`. An act of nobody's is not written."""
    if entry.author:
        transaction.run("record_act", course=course, entry=write_entry(entry))


def write_entry(entry: AuditEntry) -> dict[str, str]:
    """Return an entry as functions take it: its details are a text."""
    fields = {name: content for name, content in asdict(entry).items() if name != "at"}
    return {**fields, "details": json.dumps(entry.details) if entry.details else ""}


def read_entry(raw: bytes | str) -> AuditEntry:
    """Return an entry of the log."""
    row = json.loads(text(raw))
    return read(AuditEntry, {**row, "at": float(row["at"]) / 1000, "details": json.loads(row.get("details") or "{}")})
