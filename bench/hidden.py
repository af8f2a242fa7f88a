"""Counts what is hidden of the corpus's states, and why: a part of ``make truth``.

A leaf is a scalar of an instance's attributes. It is hidden because the state marks it, because the provider's schema
does, because its text contains a secret, or for its name alone. The last are listed: neither state, schema nor text
calls for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest_tfstate.errors import StateError
from ingest_tfstate.state.v4 import parse_state
from tfdrift.records import SENSITIVE_MEMBER
from tfdrift.redaction import Redactor
from tfdrift.redaction.schema import sensitive_members

Step = str | int
Steps = tuple[Step, ...]


def hidden_leaves(folder: Path) -> dict[str, Any]:
    """Returns the counts over every state below a folder."""
    counts: Counter[str] = Counter()
    by_name: Counter[str] = Counter()
    redactor = Redactor(b"truth")
    for path in sorted(folder.rglob("*.tfstate")):
        try:
            state = parse_state(path.read_bytes())
        except StateError:
            continue
        for instance in state.instances.values():
            raw = instance.attributes
            for steps, value in _hidden(redactor.redact(instance.type, raw, instance.sensitive_paths), raw):
                cause = _cause(instance.type, steps, value, instance.sensitive_paths, redactor)
                leaves = sum(1 for _ in _leaves(value))
                counts[f"leaves hidden by {cause}"] += leaves
                if cause == "name":
                    by_name[f"{instance.type}.{'.'.join(str(s) for s in steps if isinstance(s, str))}"] += leaves
            counts["leaves"] += sum(1 for _ in _leaves(raw))
    hidden = sum(count for name, count in counts.items() if name != "leaves")
    listed = ", ".join(f"{name} ×{count}" for name, count in by_name.most_common())
    return {**counts, "leaves hidden": hidden, "hidden for their names alone": listed}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif value is not None:
        yield value


def _hidden(shown: Any, raw: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yields the path and the raw value of everything that was hidden as a secret."""
    if isinstance(shown, dict) and set(shown) == {SENSITIVE_MEMBER} and shown != raw:
        yield steps, raw
    elif isinstance(shown, dict) and isinstance(raw, dict):
        for name, inner in shown.items():
            yield from _hidden(inner, raw.get(name), (*steps, name))
    elif isinstance(shown, list) and isinstance(raw, list):
        for index, inner in enumerate(shown):
            yield from _hidden(inner, raw[index], (*steps, index))


def _cause(kind: str, steps: Steps, value: Any, marked: tuple[Steps, ...], redactor: Redactor) -> str:
    if any(steps[: len(path)] == path or path[: len(steps)] == steps for path in marked):
        return "state"
    node: Any = sensitive_members(kind)
    for step in (step for step in steps if isinstance(step, str)):
        node = node.get(step)
        if node is None:
            break
        if not node:
            return "schema"
    return "text" if redactor.value("", value) != value else "name"
