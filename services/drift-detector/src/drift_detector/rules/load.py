"""Loads the rules file, the shipped one or the operator's."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml

from drift_detector.catalog.yaml_text import parse_yaml
from drift_detector.errors import CatalogError, RulesError
from drift_detector.rules.format import Rules, parse_rules
from tfdrift.harness import ConfigurationError


def load_rules(path: Path | None) -> Rules:
    """Returns the rules of a file; the shipped ones for None.

    Raises:
        ConfigurationError: the file cannot be read, or is not of the format; the message has line and column.
    """
    try:
        shipped = resources.files("drift_detector.rules") / "rules.yaml"
        text = (path or shipped).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"TFDRIFT_RULES: the file {path} cannot be read: {reason}") from error
    name = str(path or "rules.yaml")
    try:
        return parse_rules(parse_yaml(text, name))
    except CatalogError as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {error}") from error
    except RulesError as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {name}, {_position(text, error.place)}: {error}") from error


def _position(text: str, place: tuple[str | int, ...]) -> str:
    """Returns line and column of the innermost part of a place that is in the text."""
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return "line 1, column 1"
    mark = node.start_mark
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.start_mark
    return f"line {mark.line + 1}, column {mark.column + 1}"
