"""What an operator hides beside the built-in rules: names, and patterns of texts (``TFDRIFT_REDACT_FILE``)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from tfdrift.redaction.depth import RedactionError

_MEMBERS: Final = ("names", "patterns")


class RulesError(RedactionError):
    """The operator's file is invalid; the message names the member and what is allowed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The operator's own rules.

    Attributes:
        globs: names of attributes, keys, parameters and variables, in lower case; ``*`` and ``?`` are wildcards.
        patterns: what a text contains that is secret as a whole.
    """

    globs: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()

    @property
    def digest(self) -> str:
        """A text that differs whenever the rules do; empty without rules."""
        if self == NO_RULES:
            return ""
        content = "\n".join([*self.globs, "", *(pattern.pattern for pattern in self.patterns)])
        return hashlib.sha256(content.encode()).hexdigest()

    def names(self, name: str) -> bool:
        """Returns whether a name is one of the operator's."""
        return bool(self.globs) and any(fnmatchcase(name.lower(), glob) for glob in self.globs)

    def matches(self, text: str) -> bool:
        """Returns whether a text has one of the operator's patterns."""
        return bool(self.patterns) and any(pattern.search(text) for pattern in self.patterns)


NO_RULES: Final = Rules()


def parse_rules(document: Any) -> Rules:
    """Returns the rules of a decoded YAML file: ``names`` and ``patterns``, each a list of texts.

    Raises:
        RulesError: it is not of that shape, or a pattern is no regular expression.
    """
    if document is None:
        return NO_RULES
    if not isinstance(document, Mapping) or set(document) - set(_MEMBERS):
        raise RulesError("it must have the members 'names' and 'patterns' and no others")
    names, patterns = (_texts(document.get(member), member) for member in _MEMBERS)
    return Rules(tuple(name.lower() for name in names), tuple(map(_compiled, patterns)))


def _texts(value: Any, member: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise RulesError(f"'{member}' must be a list of texts")
    return value


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RulesError(f"the pattern {pattern!r} is no regular expression: {error}") from error
