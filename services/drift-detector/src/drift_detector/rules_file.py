"""Reading the rules file, the shipped one or the operator's, and noticing that it changed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml

from drift_detector.catalog_load import CatalogError, parse_yaml
from drift_detector.rules import Rules, RulesError, parse_rules
from tfdrift.harness import ConfigurationError


def load_rules(path: Path | None) -> Rules:
    """The rules of a file; the shipped ones for None.

    Raises:
        ConfigurationError: it cannot be read, or is not of the format; the message names line and column.
    """
    try:
        shipped = resources.files("drift_detector") / "rules.yaml"
        text = (path or shipped).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {path} cannot be read: {error}") from error
    name = str(path or "rules.yaml")
    try:
        return parse_rules(parse_yaml(text, name))
    except CatalogError as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {error}") from error
    except RulesError as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {name}, {_position(text, error.place)}: {error}") from error


def _position(text: str, place: tuple[str | int, ...]) -> str:
    """Line and column of the innermost part of a place that stands in the text."""
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


class RulesFile:
    """The operator's rules file as it was last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Whether the file is another one than at the last call; a file that is away for a moment has not changed."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)
