"""Calls that write, and that no Terraform resource holds: ``mapping/without_resource.yaml``, with the reason of
each."""

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
    """Operations, as ``service:Operation``, that no resource holds for one reason."""

    reason: str
    operations: re.Pattern[str]
    but: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class WithoutResource:
    """What Terraform has no place for."""

    rules: tuple[Rule, ...]

    def reason(self, catalog: Catalog, service: str, event_name: str) -> str | None:
        """Why no Terraform resource holds what a call does; None where one may.

        What the catalog is sure of is held by what it says, whatever a rule says of all operations of its kind.
        """
        known = catalog.event(service, event_name)
        if known is not None and known.tier is not Tier.WEAK:
            return None
        operation = f"{service}:{operation_name(event_name)}"
        meant = (rule for rule in self.rules if rule.operations.match(operation))
        return next((rule.reason for rule in meant if rule.but is None or not rule.but.match(operation)), None)


@lru_cache(maxsize=1)
def load_without_resource() -> WithoutResource:
    """The shipped list.

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
