"""The catalog: the rule of an event, and what is known of a resource type. `drift_detector.catalog.load` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drift_detector.catalog.event_rules import EventRule
from drift_detector.catalog.resource_types import ONE_TAG, PLAIN, Comparison, Parent, ResourceType
from drift_detector.catalog.rule_tables import RuleTables
from drift_detector.facts.attribute_paths import without_indexes
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.names import identity_form, recorded_spellings
from tfdrift.events import Json
from tfdrift.operation_names import operation_name

ANY_TYPE: Final = "*"
# The paths of a single tag. Labels and annotations of a Kubernetes object are compared as tags are.
_ONE_OF_THE_TAGS: Final = (
    "tags.",
    "tags[",
    *(f"metadata[0].{name}{sign}" for name in ("labels", "annotations") for sign in ".["),
)


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """Everything that the mapping says of events and types; immutable, so it can be shared and replaced as a whole.

    It is compared and hashed by identity, so that tables derived from it are built once (`record_tokens`).
    """

    events: Mapping[str, EventRule]
    types: Mapping[str, ResourceType]
    tables: RuleTables

    def event(self, service: str, event_name: str) -> EventRule | None:
        """Returns the rule of an event, by the service's short name (``ec2``) and CloudTrail's ``eventName``."""
        operation = operation_name(event_name)
        found = self.events.get(f"{service}:{operation}") or self.events.get(f"*:{operation}")
        if found is None and operation[:1].islower():
            # Route 53 Domains logs updateDomainNameservers. Operations of other clouds are in lower case anyway.
            return self.events.get(f"{service}:{operation[0].upper()}{operation[1:]}")
        return found

    def comparison(self, resource_type: str, attribute: str) -> Comparison:
        """Returns how an attribute of a type is compared; if the type does not say, as for all types."""
        if attribute.startswith(_ONE_OF_THE_TAGS):
            return ONE_TAG
        name = without_indexes(attribute)
        for type_name in (resource_type, ANY_TYPE):
            facts = self.types.get(type_name)
            if facts is not None and name in facts.attributes:
                return facts.attributes[name]
        return PLAIN

    def may_be_in_another_resource(self, resource_type: str, attribute: str) -> bool:
        """Whether the elements of a set that is null may be in another resource, so that it need not be empty."""
        is_shared = without_indexes(attribute) in self.tables.shared.get(resource_type, ())
        return is_shared and not self.comparison(resource_type, attribute).sole

    def is_expected(self, resource_type: str) -> bool:
        """Whether a created resource of a type should be in a state."""
        facts = self.types.get(resource_type)
        return facts is None or facts.expected

    def parents(self, resource_type: str) -> tuple[Parent, ...]:
        """Returns the types that a sub-resource belongs to; none for an independent resource."""
        facts = self.types.get(resource_type)
        return facts.parents if facts is not None else ()

    def consists_of(self, resource_type: str) -> tuple[str, ...]:
        """Returns the attributes whose values a resource consists of; none where it exists by itself."""
        facts = self.types.get(resource_type)
        return facts.consists_of if facts is not None else ()

    def is_case_blind(self, resource_type: str) -> bool:
        """Whether the API takes the names of a type in any case."""
        facts = self.types.get(resource_type)
        return facts is not None and facts.case_blind

    def identity_value(self, resource_type: str, attribute: str, value: Json) -> str | None:
        """Returns a recorded identity attribute in the form that targets have; None if it names nothing."""
        facts = self.types.get(resource_type)
        transform = facts.identity.get(attribute, Transform.VALUE) if facts is not None else Transform.VALUE
        return identity_form(transform, value)

    def identity_values(self, resource_type: str, attribute: str, value: Json) -> tuple[str, ...]:
        """Returns the forms of the `identity_value` of each element of a recorded list: any names the resource."""
        listed = value if isinstance(value, list) else [value]
        texts = (self.identity_value(resource_type, attribute, one) for one in listed)
        return tuple(form for text in texts if text is not None for form in recorded_spellings(text))
