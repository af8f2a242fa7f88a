"""Reads ``mapping/without_resource.yaml``: events that change something that no Terraform resource stands for.

Each rule has its reason, which users are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from importlib import resources
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.yaml_text import parse_yaml
from drift_detector.errors import CatalogError
from drift_detector.facts.mapping_terms import Tier
from tfdrift.operation_names import operation_name

_FILE: Final = "without_resource.yaml"


class _WrittenRule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str = Field(min_length=1)
    operations: tuple[str, ...] = Field(min_length=1)
    but: tuple[str, ...] = ()


class _WrittenList(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    version: int = Field(ge=1, le=1)
    rules: tuple[_WrittenRule, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations (``service:Operation``) without a Terraform resource, for one reason."""

    reason: str
    operations: re.Pattern[str]
    but: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class WithoutResource:
    """The events without a Terraform resource."""

    rules: tuple[Rule, ...]

    def reason(self, catalog: Catalog, service: str, event_name: str) -> str | None:
        """Returns why no Terraform resource has what an event changes; None if one may.

        An event of which the catalog is sure has a resource, even if a rule matches it by a glob.
        """
        known = catalog.event(service, event_name)
        if known is not None and known.tier is not Tier.WEAK:
            return None
        operation = f"{service}:{operation_name(event_name)}"
        matching = (rule for rule in self.rules if rule.operations.match(operation))
        return next((rule.reason for rule in matching if rule.but is None or not rule.but.match(operation)), None)


@lru_cache(maxsize=1)
def load_without_resource() -> WithoutResource:
    """Returns the shipped list.

    Raises:
        CatalogError: it is not of the format.
    """
    text = (resources.files("drift_detector") / "mapping" / _FILE).read_text(encoding="utf-8")
    try:
        written = _WrittenList.model_validate(parse_yaml(text, _FILE))
    except ValidationError as error:
        raise CatalogError(f"{_FILE}: {error}") from None
    return WithoutResource(
        tuple(Rule(one.reason, _any(one.operations), _any(one.but) if one.but else None) for one in written.rules)
    )


def _any(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))
