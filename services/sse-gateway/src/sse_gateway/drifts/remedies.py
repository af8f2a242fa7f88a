"""What can be done about a drift: put the resource back, look at the call, or accept the change.

Each remedy has a text that is ready to copy. Nothing here runs anything.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import yaml

from tfdrift.events import Drift, DriftKind, DriftStatus
from tfdrift.subjects import Provider

# The partitions of AWS whose console has a host of its own.
_CONSOLES: Final = {
    "cn-": "{region}.console.amazonaws.cn",
    "us-gov-": "{region}.console.amazonaws-us-gov.com",
}
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_NAME: Final = re.compile(r"[^a-z0-9]+")


class RemedyKind(StrEnum):
    """What a remedy does."""

    RESTORE = "restore"
    IMPORT = "import"
    INSPECT = "inspect"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that can be done.

    Attributes:
        title: one sentence that says what it does.
        language: of the text: ``shell``, ``hcl``, ``yaml`` or ``url``.
        text: the commands, block, rule or URL.
    """

    kind: RemedyKind
    title: str
    language: str
    text: str


def remedies(drift: Drift) -> list[dict[str, str]]:
    """Returns what can be done about a drift, the most likely remedy first."""
    return [asdict(remedy) for remedy in _remedies(drift)]


def _remedies(drift: Drift) -> Iterator[Remedy]:
    if drift.status is DriftStatus.OPEN:
        if drift.kind is DriftKind.UNMANAGED:
            yield from _import(drift)
        else:
            yield from _restore(drift)
    yield from _inspect(drift)
    if drift.status is DriftStatus.OPEN:
        yield _ignore(drift)


def _restore(drift: Drift) -> Iterator[Remedy]:
    if drift.address is None:
        return
    target = f"-target={shlex.quote(drift.address)}"
    done = {
        DriftKind.DELETED: "Create the resource again as the configuration says.",
        DriftKind.UNCONFIRMED: "Check whether Terraform made this change, and apply the configuration.",
    }
    title = done.get(drift.kind, "Put the resource back to what the configuration says.")
    yield Remedy(RemedyKind.RESTORE, title, "shell", f"terraform plan {target}\nterraform apply {target}")


def _import(drift: Drift) -> Iterator[Remedy]:
    if drift.resource_id is None:
        return
    name = _NAME.sub("_", (drift.resource_name or drift.resource_id).lower()).strip("_") or "imported"
    name = name if name[0].isalpha() else f"r_{name}"
    identifier = drift.resource_id.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    block = f'import {{\n  to = {drift.resource_type}.{name}\n  id = "{identifier}"\n}}'
    title = "Take the resource into the state; terraform plan -generate-config-out=FILE writes its configuration."
    yield Remedy(RemedyKind.IMPORT, title, "hcl", block)


def _inspect(drift: Drift) -> Iterator[Remedy]:
    if drift.provider is not Provider.AWS or drift.event_id is None or not _REGION.fullmatch(drift.region or ""):
        return
    region = drift.region or ""
    hosts = [host for prefix, host in _CONSOLES.items() if region.startswith(prefix)]
    host = (hosts[0] if hosts else "{region}.console.aws.amazon.com").format(region=region)
    url = f"https://{host}/cloudtrailv2/home?region={region}#/events/{quote(drift.event_id, safe='')}"
    yield Remedy(RemedyKind.INSPECT, "Look at the call in the CloudTrail console.", "url", url)


def _ignore(drift: Drift) -> Remedy:
    rule: dict[str, object] = {"name": f"accepted-{drift.id[:12]}", "types": [_literal(drift.resource_type)]}
    if drift.attribute is not None:
        rule["attributes"] = [_literal(drift.attribute)]
    rule["kinds"] = [str(drift.kind)]
    if drift.workspace is not None:
        rule["workspaces"] = [_literal(drift.workspace)]
    if drift.user_identity is not None and drift.user_identity.user_name:
        rule["users"] = [_literal(drift.user_identity.user_name)]
    title = "Accept such changes: add this to the list `ignore` of the file that TFDRIFT_RULES names."
    return Remedy(RemedyKind.IGNORE, title, "yaml", yaml.safe_dump([rule], sort_keys=False, allow_unicode=True))


def _literal(text: str) -> str:
    """A text as a glob that matches it; where it has special characters they match any character."""
    return text.replace("*", "?").replace("[", "?")
