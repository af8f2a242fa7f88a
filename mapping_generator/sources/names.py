"""Names as AWS's models and Terraform's schema spell them, made comparable."""

from __future__ import annotations

import re
from typing import Final

_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]")
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_PLURALS_THAT_ARE_NONE: Final = ("ss", "us", "is", "ics", "access", "dns", "sns", "sqs", "ecs", "eks")


def fold(name: str) -> str:
    """Returns a name without case and separators: ``DBInstanceIdentifier`` equals ``db_instance_identifier``."""
    return _NOT_LETTERS.sub("", name.lower())


def words(name: str) -> list[str]:
    """Returns the words of a camel-case name in lower case: ``ModifyDBCluster`` gives modify, db, cluster."""
    return [word.lower() for word in _WORD.findall(name)]


def singular(name: str) -> str:
    """Returns a folded name without its plural ending; good enough for API nouns only."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(_PLURALS_THAT_ARE_NONE):
        return name[:-1]
    return name
