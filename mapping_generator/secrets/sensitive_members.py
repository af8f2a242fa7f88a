"""Generates which members of AWS' requests and responses are secret, and which operations the mapping reads.

Usage: ``python -m mapping_generator.secrets.sensitive_members``

AWS marks shapes of its API models as ``sensitive``. Of each operation that the mapping reads, the file lists the
members of such a shape, each with the member that it is within (``basic.password``, ``.password``): ``hide``. Ids, ARNs
and names are left out: AWS marks them for privacy, but they are no secrets and drifts are about them. A member by which
the mapping identifies a resource is listed as ``show`` where its name is a secret's (the API key of API Gateway): if it
were hidden, it would resolve nothing. The request of an operation that the file does not have is stored nowhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from drift_detector.catalog.event_rules import EventRule
from drift_detector.catalog.load import load_catalog
from mapping_generator.sources.service_model import VERSION, load_service, service_names
from tfdrift.redaction.names import is_secret_name

FILE: Final = Path(__file__).parents[2] / "shared/src/tfdrift/redaction/data/sensitive_members.json"

_IDENTIFIERS: Final = ("arn", "id", "name")


def sensitive_members() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Returns by service and operation the folded names of members to hide and to show."""
    hidden = _hidden_by_operation()
    services: defaultdict[str, dict[str, dict[str, list[str]]]] = defaultdict(dict)
    for key, rule in sorted(load_catalog().events.items()):
        service, _, operation = key.partition(":")
        show = frozenset(_identities(rule))
        hide = {path for path in hidden.get(key, ()) if path.rpartition(".")[2] not in show}
        lists = {"hide": sorted(hide), "show": sorted(name for name in show if is_secret_name(name))}
        services[service][operation] = {name: found for name, found in lists.items() if found}
    return dict(services)


def _hidden_by_operation() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in service_names():
        service = load_service(name)
        for operation in service.operations():
            members = {
                f"{parent}.{name}" for parent, name in service.sensitive(operation) if not name.endswith(_IDENTIFIERS)
            }
            for prefix in dict.fromkeys(service.prefixes):
                found[f"{prefix}:{operation}"] |= members
    return {key: frozenset(members) for key, members in found.items()}


def _identities(rule: EventRule) -> Iterator[str]:
    """The folded names of the members that identify a resource."""
    for target in (target for group in rule.groups for target in group):
        for source in target.identity.values():
            for path in source.paths:
                yield from path.steps[-1].spellings if path.steps else ()


def text() -> str:
    """Returns the file's text, a line for each service."""
    lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(sensitive_members().items())]
    made_by = json.dumps(f"python -m mapping_generator.secrets.sensitive_members, of botocore {VERSION}")
    return f'{{"made_by": {made_by},\n"services": {{\n' + ",\n".join(lines) + "\n}}\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="ascii")


if __name__ == "__main__":
    main()
