"""Extensions for many students at once."""

from collections.abc import Iterable
from dataclasses import replace

from backmark.grader.courses.checks import extension_faults
from backmark.grader.model.fields import FieldFault
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Extension, Policy


def extend_section(entries: Iterable[RosterEntry], section: str, extension: Extension) -> list[Extension]:
    """Return an extension like this one for each student who is in a section now."""
    return [
        replace(extension, student=entry.student)
        for entry in entries
        if entry.left is None and entry.section == section
    ]


def many_faults(extensions: Iterable[Extension], policy: Policy) -> list[FieldFault]:
    """Return the faults of extensions, each once, with the name of the first student who has it."""
    faults: dict[str, FieldFault] = {}
    for extension in extensions:
        for fault in extension_faults(extension, policy):
            faults.setdefault(fault.says, FieldFault(fault.field, f"{extension.student}: {fault.says}"))
    return list(faults.values())
