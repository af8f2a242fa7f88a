"""AWS's API models, as botocore ships them: operations with the members of their requests and responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final

import botocore  # type: ignore[import-untyped]
from botocore.loaders import Loader  # type: ignore[import-untyped]

VERSION: Final[str] = botocore.__version__

# Members that steer a call and are no property of the resource.
_CONTROL: Final = re.compile(
    r"dryrun|clienttoken|clientrequesttoken|clientrequestid|requesttoken|idempotencytoken|creatorrequestid|"
    r"nexttoken|maxresults|ifmatch|expectedbucketowner|contentmd5|checksumalgorithm|locktoken|changetoken|versiontoken"
)
# What the documentation says of a name that an API takes in any case.
_CASE_BLIND: Final = re.compile(
    r"(parameter|value|name|identifier) (is stored as a lower-?case string|(is not|isn't) case[- ]sensitive|"
    r"is case[- ]insensitive)",
    re.IGNORECASE,
)
_NAMING: Final = re.compile(r".*(name|identifier|id)")
_MARKUP: Final = re.compile(r"<[^>]+>")
_READS: Final = re.compile(
    r"(Get|List|Describe|Head|BatchGet|BatchDescribe|BatchList|Search|Query|Scan|Select|Lookup|Check|Test|Validate|"
    r"Simulate|Preview|Estimate|Detect|Download|Discover|Is|Can|View|Verify|Assume|Decode|Encode|Poll|Receive|Retrieve|"
    r"Compare|Count|Evaluate|Predict|Resolve|Fetch|Read|Render|Analyze|Classify|Infer|Converse|Optimize|Translate|"
    r"Synthesize|Recognize|Decrypt|Encrypt|ReEncrypt|GenerateDataKey|GenerateRandom|GenerateMac|Sign)(?=[A-Z]|$)"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a request, a response or a structure in one.

    Attributes:
        spelling: the name on the wire, if it differs; CloudTrail may log either.
        shape: the name of its shape in the service's model.
        kind: botocore's shape type: string, integer, boolean, list, map, structure, timestamp, blob, ….
        place: the path of the structure that it is a member of, if that is not the root.
    """

    name: str
    spelling: str
    shape: str
    kind: str
    required: bool
    place: str | None = None


class Service:
    """One service's model.

    Attributes:
        name: botocore's own name of the service, such as ``elbv2``.
    """

    def __init__(self, name: str, model: Mapping[str, Any]) -> None:
        self.name: Final = name
        self._model = model
        self._shapes: Mapping[str, Mapping[str, Any]] = model["shapes"]

    @property
    def prefixes(self) -> tuple[str, str]:
        """The name that requests are signed for, and the prefix of the endpoint."""
        metadata = self._model["metadata"]
        return metadata.get("signingName", metadata["endpointPrefix"]), metadata["endpointPrefix"]

    @property
    def is_ec2(self) -> bool:
        """Whether the service has EC2's protocol, whose members CloudTrail logs in other shapes."""
        return bool(self._model["metadata"]["protocol"] == "ec2")

    @cached_property
    def writes(self) -> tuple[str, ...]:
        """The operations that may change something, deprecated ones included: they are still called and logged."""
        operations = self._model["operations"]
        return tuple(
            name
            for name, operation in sorted(operations.items())
            if not _READS.match(name) and not operation.get("readonly") and not self._is_replaced(name)
        )

    @cached_property
    def case_blind(self) -> frozenset[str]:
        """The folded names of request members that name a thing in any case, by their documentation."""
        inputs = (self._shapes[one["input"]["shape"]] for one in self._model["operations"].values() if "input" in one)
        return frozenset(
            name.lower()
            for shape in inputs
            for name, member in shape.get("members", {}).items()
            if _NAMING.fullmatch(name.lower()) and _CASE_BLIND.search(_MARKUP.sub("", member.get("documentation", "")))
        )

    def _is_replaced(self, operation: str) -> bool:
        """Whether an operation is the older of two that CloudTrail logs by one name, as for S3's lifecycles."""
        model = self._model["operations"][operation]
        return bool(model.get("deprecated")) and f"{operation}Configuration" in self._model["operations"]

    def operations(self) -> Iterator[str]:
        """Every operation."""
        yield from sorted(self._model["operations"])

    def request(self, operation: str) -> Mapping[str, Member]:
        """Returns the members of an operation's request, by folded name, without those that only steer the call."""
        members = self.members(self._model["operations"][operation].get("input", {}).get("shape"))
        return {name: member for name, member in members.items() if not _CONTROL.fullmatch(name)}

    def inner(self, operation: str) -> Mapping[str, Member]:
        """Returns the request's members with those of its only required structure: ``ConnectionInput.Name``."""
        request = self.request(operation)
        wrapping = [one for one in request.values() if one.kind == "structure" and one.required]
        if len(wrapping) != 1:
            return request
        place = f"req.{wrapping[0].name}"
        members = self.members(wrapping[0].shape)
        return {**{name: replace(one, place=place) for name, one in members.items()}, **request}

    def response(self, operation: str) -> Mapping[str, Member]:
        """Returns the members of an operation's response, by folded name."""
        return self.members(self._model["operations"][operation].get("output", {}).get("shape"))

    def members(self, shape: str | None) -> Mapping[str, Member]:
        """Returns the members of a structure, by folded name; none for other shapes."""
        if shape is None:
            return {}
        found = self._shapes[shape]
        required = set(found.get("required", ()))
        members: dict[str, Member] = {}
        for name, reference in found.get("members", {}).items():
            # A member in the URL is in effect required, although EC2's and S3's models often do not say so.
            needed = name in required or reference.get("location") == "uri"
            kind = self._shapes[reference["shape"]]["type"]
            spelling = reference.get("locationName", name)
            members[name.lower()] = Member(name, spelling, reference["shape"], kind, needed)
        return members

    def element(self, shape: str) -> tuple[str, str]:
        """Returns the shape and the kind of a list's elements."""
        inner = self._shapes[shape]["member"]["shape"]
        return inner, self._shapes[inner]["type"]

    def entry(self, shape: str) -> tuple[str, str]:
        """Returns the shape and the kind of a map's values."""
        inner = self._shapes[shape]["value"]["shape"]
        return inner, self._shapes[inner]["type"]

    def is_enumerated(self, shape: str) -> bool:
        """Whether a string is one of a fixed set."""
        return "enum" in self._shapes[shape]

    def is_sensitive(self, shape: str) -> bool:
        """Whether AWS asks to hide the value."""
        return bool(self._shapes[shape].get("sensitive"))

    def sensitive(self, operation: str) -> Iterator[tuple[str, str]]:
        """What AWS asks to hide of request and response: folded names of a member and of what it is within."""
        model = self._model["operations"][operation]
        waiting = [(model[part]["shape"], "") for part in ("input", "output") if part in model]
        seen: set[tuple[str, str]] = set()
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            shape, parent = self._shapes[place[0]], place[1]
            for member, reference in shape.get("members", {}).items():
                for name in {member.lower(), reference.get("locationName", member).lower()}:
                    # Of a structure only the members are hidden: what it says of a resource must stay readable.
                    if self.is_sensitive(reference["shape"]) and not self._is_structured(reference["shape"]):
                        yield parent, name
                    waiting.append((reference["shape"], name))
            waiting += [(shape[part]["shape"], parent) for part in ("member", "value") if part in shape]

    def _is_structured(self, shape: str) -> bool:
        """Whether a shape is a structure, or a list of such."""
        found = self._shapes[shape]
        if found["type"] == "list":
            found = self._shapes[found["member"]["shape"]]
        return bool(found["type"] == "structure")

    def takes_arns(self, shape: str) -> bool:
        """Whether a string's pattern allows an ARN."""
        return "arn:" in self._shapes[shape].get("pattern", "")


@cache
def load_service(name: str, _loader: Loader = Loader()) -> Service:  # noqa: B008 - stateless but for its cache
    """Returns the newest model of a service that botocore has.

    Raises:
        botocore.exceptions.UnknownServiceError: it has none.
    """
    return Service(name, _loader.load_service_model(name, "service-2"))


def service_names() -> list[str]:
    """Returns every service that botocore has a model of."""
    return sorted(Loader().list_available_services("service-2"))
