"""Finding the managed resources that a call names.

Records and targets are reduced to tokens (`drift_detector.resolve.tokens`). A record is meant by a target when one of
its lives has all of the target's tokens, and it is in the call's account and region; an account or region that one of
them does not know excludes nothing. But a record that does not tell its account is in one of those that others of its
workspace tell.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from drift_detector.catalog.event_rules import THE_ONLY
from drift_detector.facts.call import Target
from drift_detector.facts.incarnations import Incarnation, incarnations_of
from drift_detector.facts.names import arn_region
from drift_detector.resolve.tokens import RecordTokens, target_tokens
from tfdrift.records import ResourceRecord
from tfdrift.subjects import Provider


@dataclass(frozen=True, slots=True)
class IndexedIncarnation:
    """When and where a state held a cloud resource, and how calls name it; None is since, or for, ever.

    Attributes:
        region: None where it is not known, or the resource belongs to none.
        given_up: since when the states tell of another name in place of one of the tokens.
    """

    began: datetime | None
    ended: datetime | None
    region: str | None
    tokens: frozenset[str]
    given_up: Mapping[str, datetime] = field(default_factory=dict)

    def began_after(self, moment: datetime) -> bool:
        """Whether the first state that had the resource was written after a moment."""
        return self.began is not None and self.began > moment

    def includes(self, moment: datetime) -> bool:
        """Whether a state held the resource then."""
        return (self.began is None or self.began <= moment) and (self.ended is None or moment < self.ended)

    def is_named(self, tokens: frozenset[str], moment: datetime) -> bool:
        """Whether the resource could have been called so then."""
        return tokens <= self.tokens and all(moment < until for t, until in self.given_up.items() if t in tokens)


@dataclass(frozen=True, slots=True)
class IndexedResource:
    """A record in the index: what looking it up needs, and the rest as the bytes that it came in.

    Attributes:
        incarnations: those of the address's `incarnations_of`, oldest first.
    """

    key: str
    type: str
    provider: Provider
    account_id: str | None
    region: str | None
    incarnations: tuple[IndexedIncarnation, ...]
    data: bytes

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens of all lives."""
        if len(self.incarnations) == 1:
            return self.incarnations[0].tokens
        return frozenset().union(*(lifetime.tokens for lifetime in self.incarnations))

    @property
    def estate(self) -> tuple[str, Provider]:
        """The workspace, by its part of the key, and the provider in it."""
        return self.key.partition(".")[0], self.provider

    def record(self) -> ResourceRecord:
        """The whole record."""
        return ResourceRecord.model_validate_json(self.data)


@dataclass(frozen=True, slots=True)
class Match:
    """A life of a record that a target names, by its place in `IndexedResource.incarnations`."""

    resource: IndexedResource
    number: int

    @property
    def incarnation(self) -> IndexedIncarnation:
        """When it was."""
        return self.resource.incarnations[self.number]


class StateIndex:
    """Every managed resource of every workspace, tombstones included.

    Attributes:
        version: another number after every change, so that what was found can be kept until then.
    """

    def __init__(self, tokens: RecordTokens) -> None:
        self._tokens = tokens
        self.version = 0
        self._held: dict[str, IndexedResource] = {}
        self._by_token: dict[str, set[str]] = defaultdict(set)
        self._accounts: dict[Provider, Counter[str | None]] = defaultdict(Counter)
        self._estates: dict[tuple[str, Provider], Counter[str]] = defaultdict(Counter)
        self._untold: dict[tuple[str, Provider], set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._held)

    def put(self, key: str, data: bytes) -> IndexedResource:
        """Take in the record of a key in place of what it held before.

        Raises:
            ValueError: it is no record of a resource, so the key holds nothing now.
        """
        self.remove(key)
        # Only what looking up needs is read here; the whole record is validated when it is meant
        # (`IndexedResource.record`).
        record = orjson.loads(data)
        try:
            held = IndexedResource(
                key=key,
                type=sys.intern(record["type"]),
                provider=Provider(record["provider"]),
                account_id=record["account_id"],
                region=record["region"],
                incarnations=self._incarnations(data, record),
                data=data,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no record of a resource: {error!r}") from error
        self._held[key] = held
        self._accounts[held.provider][held.account_id] += 1
        if held.account_id is None:
            self._untold[held.estate].add(key)
        else:
            self._estates[held.estate][held.account_id] += 1
        for token in held.tokens:
            self._by_token[token].add(key)
        return held

    def _incarnations(self, data: bytes, record: Mapping[str, Any]) -> tuple[IndexedIncarnation, ...]:
        kind, region = record["type"], record["region"]
        if not _has_past(record, self._tokens.names(kind)):
            return (IndexedIncarnation(None, None, region, self._tokens.of(kind, record["attributes"])),)
        return tuple(
            IndexedIncarnation(
                life.began,
                life.ended.recorded_at if life.ended else None,
                _region_of(life, region),
                frozenset().union(*(self._tokens.of(kind, version.attributes) for version in life.versions)),
                self._tokens.given_up(kind, life),
            )
            for life in incarnations_of(ResourceRecord.model_validate_json(data))
        )

    def remove(self, key: str) -> IndexedResource | None:
        """Forget a key; returns what it held."""
        self.version += 1
        held = self._held.pop(key, None)
        if held is None:
            return None
        self._accounts[held.provider][held.account_id] -= 1
        if held.account_id is None:
            self._untold[held.estate].discard(key)
        else:
            self._estates[held.estate][held.account_id] -= 1
        for token in held.tokens:
            keys = self._by_token[token]
            keys.discard(key)
            if not keys:
                del self._by_token[token]
        return held

    def clear(self) -> None:
        """Forget everything."""
        for key in list(self._held):
            self.remove(key)

    def get(self, key: str) -> IndexedResource | None:
        """What a key holds."""
        return self._held.get(key)

    def __iter__(self) -> Iterator[IndexedResource]:
        return iter(tuple(self._held.values()))

    def accounts(self, provider: Provider) -> frozenset[str | None]:
        """The accounts of a provider that some state describes; None stands for resources that do not tell theirs."""
        return frozenset(account for account, count in self._accounts[provider].items() if count)

    def is_only_one_of_its_account(self, held: IndexedResource) -> bool:
        """Whether without this record its account would not be known."""
        return self._accounts[held.provider][held.account_id] == 1

    def without_account_beside(self, held: IndexedResource) -> list[IndexedResource]:
        """The records that may now be in a record's account, which no other of their workspace tells."""
        if held.account_id is None or self._estates[held.estate][held.account_id] > 1:
            return []
        return [self._held[key] for key in sorted(self._untold[held.estate])]

    def covers(self, provider: Provider, account_id: str | None) -> bool:
        """Whether an account is one that some state describes, as far as can be known."""
        accounts = self.accounts(provider)
        return bool(accounts) and (account_id is None or account_id in accounts or accounts == {None})

    def without_place(self, target: Target, account_id: str | None) -> list[str]:
        """The keys of what a target names that does not tell its account, or its region within this one."""
        return [
            held.key
            for held in self._candidates(target)
            if held.account_id is None
            or (held.account_id == account_id and any(life.region is None for life in held.incarnations))
        ]

    def _candidates(self, target: Target) -> Iterator[IndexedResource]:
        keys: Iterable[Collection[str]] = (self._by_token.get(token, ()) for token in target_tokens(target))
        fewest = min(keys, key=len, default=())
        return (held for held in map(self._held.__getitem__, fewest) if target.type in ("*", held.type))

    def _may_be_in(self, held: IndexedResource, account_id: str | None) -> bool:
        if held.account_id is not None or account_id is None:
            return _compatible(held.account_id, account_id)
        told = +self._estates.get(held.estate, Counter())
        return not told or account_id in told

    def matches(self, target: Target, account_id: str | None, region: str | None) -> list[Match]:
        """The lives that a target names, those of one record in their order."""
        tokens = target_tokens(target)
        found = [held for held in self._candidates(target) if self._may_be_in(held, account_id)]
        if THE_ONLY in target.identity:
            # Without a name of its own, its place is all that tells it from another account's or region's.
            found = [
                held for held in found if held.account_id is not None and (region is None or held.region is not None)
            ]
        return [
            Match(held, life)
            for held in sorted(found, key=lambda held: held.key)
            for life, lifetime in enumerate(held.incarnations)
            if tokens <= lifetime.tokens and _compatible(lifetime.region, region)
        ]


def _region_of(life: Incarnation, region: str | None) -> str | None:
    """Where a life was, as its own attributes tell; else, and where the resource has no region, as it is now."""
    told, arn = life.attributes.get("region"), life.attributes.get("arn")
    found = told or (arn_region(arn) if isinstance(arn, str) else None)
    return found if region is not None and isinstance(found, str) else region


def _has_past(record: Mapping[str, Any], names: frozenset[str]) -> bool:
    """Whether a record may tell of an end, of more lives than one, or of another name."""
    return record.get("removed") is not None or any(
        change.get("created") or not names.isdisjoint(change["before"]) for change in record.get("changes", ())
    )


def _compatible(recorded: str | None, called: str | None) -> bool:
    return recorded is None or called is None or recorded == called
