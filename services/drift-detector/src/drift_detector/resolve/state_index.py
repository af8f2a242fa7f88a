"""The index of managed resources by the identities that calls name.

Records and targets are reduced to tokens (`drift_detector.resolve.tokens`). A target means a record if one of the
record's incarnations has all of the target's tokens, and if account and region are those of the call; an unknown
account or region excludes nothing. But a record without an account is in one of the accounts of its workspace's other
records.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from drift_detector.catalog.event_rules import THE_ONLY
from drift_detector.facts.call import Target
from drift_detector.facts.incarnations import Incarnation, incarnations_of
from drift_detector.resolve.other_names import OtherNames
from drift_detector.resolve.tokens import RecordTokens, target_tokens
from tfdrift.arns import parse_arn
from tfdrift.records import ResourceRecord
from tfdrift.subjects import Provider


@dataclass(frozen=True, slots=True)
class IndexedIncarnation:
    """One incarnation in the index: when and where it existed, and its tokens; None is since, or for, ever.

    Attributes:
        region: None if it is unknown, or if the resource has none.
        former_tokens: the tokens of names that the states no longer have, with the time since when.
    """

    began: datetime | None
    ended: datetime | None
    region: str | None
    tokens: frozenset[str]
    former_tokens: Mapping[str, datetime] = field(default_factory=dict)

    def began_after(self, moment: datetime) -> bool:
        """Whether the first state that had the resource was written after a moment."""
        return self.began is not None and self.began > moment

    def includes(self, moment: datetime) -> bool:
        """Whether a state had the resource at a moment."""
        return (self.began is None or self.began <= moment) and (self.ended is None or moment < self.ended)

    def is_named(self, tokens: frozenset[str], moment: datetime) -> bool:
        """Whether the resource had all of these tokens at a moment."""
        return tokens <= self.tokens and all(moment < until for t, until in self.former_tokens.items() if t in tokens)


@dataclass(frozen=True, slots=True)
class IndexedResource:
    """A record in the index: what the lookup needs, and the whole record as bytes.

    Attributes:
        types_in_calls: the types by which calls name it, see `RecordTokens.types_in_calls`.
        incarnations: those of `incarnations_of`, oldest first.
    """

    key: str
    type: str
    types_in_calls: tuple[str, ...]
    provider: Provider
    account_id: str | None
    region: str | None
    incarnations: tuple[IndexedIncarnation, ...]
    data: bytes

    @property
    def is_counterpart(self) -> bool:
        """Whether calls name it by the types of another provider."""
        return self.type not in self.types_in_calls

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens of all incarnations."""
        if len(self.incarnations) == 1:
            return self.incarnations[0].tokens
        return frozenset().union(*(incarnation.tokens for incarnation in self.incarnations))

    @property
    def estate(self) -> tuple[str, Provider]:
        """The workspace, as a part of the key, and the provider."""
        return self.key.partition(".")[0], self.provider

    def record(self) -> ResourceRecord:
        """Returns the whole record."""
        return ResourceRecord.model_validate_json(self.data)


@dataclass(frozen=True, slots=True)
class Match:
    """An incarnation that a target names, by its index in `IndexedResource.incarnations`."""

    resource: IndexedResource
    number: int

    @property
    def incarnation(self) -> IndexedIncarnation:
        """The incarnation itself."""
        return self.resource.incarnations[self.number]


class StateIndex:
    """Every managed resource of every workspace, tombstones included.

    Attributes:
        version: a number that changes with every change, so that results can be stored until then.
        other_names: what values may call a resource that a state has now.
    """

    def __init__(self, tokens: RecordTokens) -> None:
        self._tokens = tokens
        self.version = 0
        self.other_names = OtherNames()
        self._resources: dict[str, IndexedResource] = {}
        self._by_token: dict[str, set[str]] = defaultdict(set)
        self._accounts: dict[Provider, Counter[str | None]] = defaultdict(Counter)
        self._estates: dict[tuple[str, Provider], Counter[str]] = defaultdict(Counter)
        self._without_account: dict[tuple[str, Provider], set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._resources)

    def put(self, key: str, data: bytes) -> IndexedResource:
        """Stores the record of a key in place of the former one.

        Raises:
            ValueError: the data is no record of a resource; the key is then removed.
        """
        self.remove(key)
        # Only what the lookup needs is read here. `IndexedResource.record` validates the whole record.
        record = orjson.loads(data)
        try:
            resource = IndexedResource(
                key=key,
                type=sys.intern(record["type"]),
                types_in_calls=self._tokens.types_in_calls(record["type"]),
                provider=Provider(record["provider"]),
                account_id=record["account_id"],
                region=record["region"],
                incarnations=self._incarnations(data, record),
                data=data,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"the value is no record of a resource: {error!r}") from error
        self._resources[key] = resource
        if record.get("removed") is None:
            self.other_names.put(key, resource.type, record["attributes"])
        self._accounts[resource.provider][resource.account_id] += 1
        if resource.account_id is None:
            self._without_account[resource.estate].add(key)
        else:
            self._estates[resource.estate][resource.account_id] += 1
        for token in resource.tokens:
            self._by_token[token].add(key)
        return resource

    def _incarnations(self, data: bytes, record: Mapping[str, Any]) -> tuple[IndexedIncarnation, ...]:
        kind, region = record["type"], record["region"]
        if not _has_past(record, self._tokens.names(kind)):
            return (IndexedIncarnation(None, None, region, self._tokens.of(kind, record["attributes"])),)
        return tuple(
            IndexedIncarnation(
                incarnation.began,
                incarnation.ended.recorded_at if incarnation.ended else None,
                _region_of(incarnation, region),
                frozenset().union(*(self._tokens.of(kind, version.attributes) for version in incarnation.versions)),
                self._tokens.former_tokens(kind, incarnation),
            )
            for incarnation in incarnations_of(ResourceRecord.model_validate_json(data))
        )

    def remove(self, key: str) -> IndexedResource | None:
        """Removes a key; returns its resource."""
        self.version += 1
        resource = self._resources.pop(key, None)
        if resource is None:
            return None
        self.other_names.remove(key)
        self._accounts[resource.provider][resource.account_id] -= 1
        if resource.account_id is None:
            self._without_account[resource.estate].discard(key)
        else:
            self._estates[resource.estate][resource.account_id] -= 1
        for token in resource.tokens:
            keys = self._by_token[token]
            keys.discard(key)
            if not keys:
                del self._by_token[token]
        return resource

    def clear(self) -> None:
        """Removes everything."""
        for key in list(self._resources):
            self.remove(key)

    def get(self, key: str) -> IndexedResource | None:
        """Returns the resource of a key."""
        return self._resources.get(key)

    def __iter__(self) -> Iterator[IndexedResource]:
        return iter(tuple(self._resources.values()))

    def accounts(self, provider: Provider) -> frozenset[str | None]:
        """Returns the accounts of a provider in the states; None for resources whose account is unknown."""
        return frozenset(account for account, count in self._accounts[provider].items() if count)

    def is_only_one_of_its_account(self, resource: IndexedResource) -> bool:
        """Whether no other record is in this one's account."""
        return self._accounts[resource.provider][resource.account_id] == 1

    def without_account_beside(self, resource: IndexedResource) -> list[IndexedResource]:
        """Returns the records without an account that may now be in this record's, the first of its workspace there."""
        if resource.account_id is None or self._estates[resource.estate][resource.account_id] > 1:
            return []
        return [self._resources[key] for key in sorted(self._without_account[resource.estate])]

    def covers(self, provider: Provider, account_id: str | None) -> bool:
        """Whether a state describes an account, as far as is known."""
        accounts = self.accounts(provider)
        return bool(accounts) and (account_id is None or account_id in accounts or accounts == {None})

    def without_place(self, target: Target, account_id: str | None) -> list[str]:
        """Returns the keys of named resources whose account is unknown, or whose region in this account is."""
        return [
            one.key
            for one in self._candidates(target)
            if one.account_id is None
            or (one.account_id == account_id and any(incarnation.region is None for incarnation in one.incarnations))
        ]

    def _candidates(self, target: Target) -> list[IndexedResource]:
        fewest: Collection[str] | None = None
        for token in target_tokens(target):
            keys = self._by_token.get(token)
            if keys is None:  # the common case: no record has the name
                return []
            if fewest is None or len(keys) < len(fewest):
                fewest = keys
        resources = [self._resources[key] for key in fewest or ()]
        return resources if target.type == "*" else [one for one in resources if target.type in one.types_in_calls]

    def _may_be_in(self, resource: IndexedResource, account_id: str | None) -> bool:
        if resource.account_id is not None or account_id is None:
            return _compatible(resource.account_id, account_id)
        known = +self._estates.get(resource.estate, Counter())
        return not known or account_id in known

    def matches(self, target: Target, account_id: str | None, region: str | None) -> list[Match]:
        """Returns the incarnations that a target names; those of one record in their order."""
        candidates = self._candidates(target)
        if not candidates:
            return []
        tokens = target_tokens(target)
        found = [resource for resource in candidates if self._may_be_in(resource, account_id)]
        if THE_ONLY in target.identity:
            # It has no name, so only its place tells it from the one of another account or region.
            found = [one for one in found if one.account_id is not None and (region is None or one.region is not None)]
        return [
            Match(resource, number)
            for resource in sorted(found, key=lambda resource: resource.key)
            for number, incarnation in enumerate(resource.incarnations)
            if tokens <= incarnation.tokens and _compatible(incarnation.region, region)
        ]


def _region_of(incarnation: Incarnation, region: str | None) -> str | None:
    """Returns the region in an incarnation's own attributes; else, or if the resource has none, the present region."""
    known = incarnation.attributes.get("region")
    arn = parse_arn(str(incarnation.attributes.get("arn")))
    found = known or (arn.region if arn is not None else None)
    return found if region is not None and found and isinstance(found, str) else region


def _has_past(record: Mapping[str, Any], names: frozenset[str]) -> bool:
    """Whether a record may have an end, a second incarnation, or a former name."""
    return record.get("removed") is not None or any(
        change.get("created") or not names.isdisjoint(change["before"]) for change in record.get("changes", ())
    )


def _compatible(recorded: str | None, called: str | None) -> bool:
    return recorded is None or called is None or recorded == called
