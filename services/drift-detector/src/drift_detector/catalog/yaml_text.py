"""Parses the text of a YAML file, and refuses a key that occurs twice in a map."""

from __future__ import annotations

from typing import Any

import yaml

from drift_detector.errors import CatalogError

try:
    from yaml import CSafeLoader as FastLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as FastLoader  # type: ignore[assignment]


class _Loader(yaml.SafeLoader):
    """Loads safe YAML in which a repeated key is an error: the later one would silently win."""


class _FastLoader(FastLoader):
    """Does the same by libyaml in a fifth of the time, but places some errors a line too late."""


def _mapping(loader: _Loader | _FastLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node)
        if key in seen:
            raise CatalogError(f"line {key_node.start_mark.line + 1}: {key!r} is repeated")
        seen.add(key)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_FastLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse_yaml(text: str, name: str) -> dict[str, Any]:
    """Returns the data of a YAML text.

    Raises:
        CatalogError: it is not YAML, not a map, or a key is repeated.
    """
    try:
        document = _loaded(text)
    except CatalogError as error:
        raise CatalogError(f"{name}: {error}") from None
    except yaml.YAMLError as error:
        raise CatalogError(f"{name}: it is not YAML{_where(error)}") from error
    if not isinstance(document, dict):
        raise CatalogError(f"{name}: the document is not a map")
    return document


def _loaded(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_FastLoader)  # noqa: S506 - a SafeLoader with one more check
    except yaml.YAMLError:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the same; it says where the error is


def _where(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": {' '.join(str(error).split())}"
    mark = error.problem_mark
    return f", at line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
