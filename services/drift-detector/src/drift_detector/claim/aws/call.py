"""What a cloud call claims of Terraform resources.

Decisions where the cloud's log leaves room:

- A change that takes effect later (RDS without ``applyImmediately``) is a claim all the same: it will come true in the
  maintenance window unless somebody takes it back, and who reads the drift may still do so.
- A value that the log hides is claimed as changed to something unknown, never as emptied.
- A call names the resource's account and region where it gives an ARN of it; else the event's own are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from drift_detector.catalog.catalog import ANY_IDENTITY, Catalog, EventRule, KeyValues, Source, Tags, TargetRule
from drift_detector.claim.aws.values import (
    HIDDEN,
    Hidden,
    Value,
    identities_of,
    is_hidden,
    meets,
    tags_of,
    transformed,
    translated,
    value_of,
)
from drift_detector.facts.calls import Act, Call, Operation, Sanction, Target, Verb
from drift_detector.facts.names import arn_account, arn_region
from drift_detector.facts.normalise import MISSING, Absent, Document, elements, scalar, unwrapped
from drift_detector.facts.paths import format_attribute, parse_attribute
from drift_detector.facts.terms import Transform
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent, Json, UserIdentity, Via
from tfdrift.subjects import Provider

SERVICE_ECHO: Final = "AwsServiceEvent"
_OWN_ARN_TRANSFORMS: Final = frozenset({Transform.ARN_TAIL, Transform.LAMBDA_NAME, Transform.KMS_KEY_ID})
_OWN_ARN_ATTRIBUTES: Final = frozenset({"id", "arn", ANY_IDENTITY})

Sanctions = Callable[[FalcoEvent], Sanction | None]


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What the call behind a Falco alert claims; None where it claims nothing.

    It claims nothing if it failed, only read, was a dry run or a service's own echo, or if the catalog does not know
    it. The request is only parsed for events of the catalog.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.event_id is None or event.event_name is None or event.service is None or envelope.call is None:
        return None
    if event.provider is not Provider.AWS or event.error_code or event.read_only:
        return None
    rule = catalog.event(event.service, event.event_name)
    if rule is None:
        return None
    call = CloudCall.model_validate_json(envelope.call)
    request = unwrapped(call.request, rule.operation, event.service)
    if call.event_type == SERVICE_ECHO or _dry_run(request):
        return None
    document = _document(event, call, rule, request)
    places: list[str] = []
    groups = tuple(groups_of(rule, document, places))
    if not groups:
        return None
    owners = [resource.account_id for resource in event.resources if resource.account_id]
    account = next((found for arn in places if (found := arn_account(arn))), None)
    region = next((found for arn in places if (found := arn_region(arn))), None)
    return Call(
        event_id=event.event_id,
        event_name=event.event_name,
        event_source=call.event_source,
        occurred=envelope.occurred or event.timestamp,
        received=envelope.received,
        provider=event.provider,
        account_id=account or next(iter(owners), None) or event.account_id,
        region=None if event.service in catalog.global_services else region or event.region,
        user_identity=event.user_identity or UserIdentity(),
        source_ip=event.source_ip,
        user_agent=event.user_agent,
        sanction=sanction_of(event, sanctions),
        groups=groups,
    )


def named_by(event: FalcoEvent, envelope: Envelope, catalog: Catalog) -> list[Target]:
    """The resources that a call of the catalog names, with what it claims of them, be that nothing at all."""
    if event.service is None or event.event_name is None or envelope.call is None:
        return []
    rule = catalog.event(event.service, event.event_name)
    if rule is None:
        return []
    call = CloudCall.model_validate_json(envelope.call)
    document = _document(event, call, rule, unwrapped(call.request, rule.operation, event.service))
    return [target for group in groups_of(rule, document, [], silent=True) for target in group]


def _document(event: FalcoEvent, call: CloudCall, rule: EventRule, request: Json) -> Document:
    arns = [resource.arn for resource in event.resources if resource.arn]
    response = unwrapped(call.response, rule.operation, event.service or "")
    return Document({"req": request, "resp": response, "arn": arns[0] if len(arns) == 1 else None})


def sanction_of(event: FalcoEvent, sanctions: Sanctions | None) -> Sanction | None:
    """Why a call is expected in a state: Terraform made it, or what `sanctions` says."""
    if event.user_identity is not None and event.user_identity.via is Via.TERRAFORM:
        return Sanction.TERRAFORM
    return sanctions(event) if sanctions is not None else None


def _dry_run(request: object) -> bool:
    if not isinstance(request, dict):
        return False
    return any(key.lower() == "dryrun" and str(value).lower() == "true" for key, value in request.items())


def groups_of(
    rule: EventRule, document: Document, places: list[str], *, silent: bool = False
) -> Iterator[tuple[Target, ...]]:
    """The groups of alternative targets that an event claims; ARNs of the resource itself are added to `places`.

    Args:
        silent: whether to give those too of which nothing is claimed.
    """
    for bound in _loops(rule.each, document):
        for alternatives, each in zip(rule.groups, rule.group_each, strict=True):
            for inner in _loops(each, bound):
                targets = (_target(alternative, inner, places, silent) for alternative in alternatives)
                if group := tuple(target for target in targets if target is not None):
                    yield group


def _loops(each: tuple[tuple[str, Source], ...], document: Document) -> Iterator[Document]:
    """The document with the loops' variables bound, once for each combination of elements."""
    if not each:
        yield document
        return
    (variable, source), rest = each[0], each[1:]
    found = value_of(source, document)
    if isinstance(found, Absent | Hidden):
        return
    for element in found if isinstance(found, list) else elements(found) or ():
        yield from _loops(rest, document.bind(variable, element))


def _target(rule: TargetRule, document: Document, places: list[str], silent: bool) -> Target | None:
    if rule.when and not meets(rule.when, document):
        return None
    identity: dict[str, str] = {}
    own: list[str] = []
    names: list[str] = []
    for attribute, source in rule.identity.items():
        all_found = identities_of(source, document)
        found = next(all_found, None)
        if found is not None:
            identity[attribute], given = found
            if attribute in _OWN_ARN_ATTRIBUTES or source.transform in _OWN_ARN_TRANSFORMS:
                own += [given, identity[attribute]]
            if attribute == ANY_IDENTITY and rule.act is Act.CREATE:
                names += [text for text, _ in all_found]
        elif attribute not in rule.optional:
            return None
    operations = tuple(_operations(rule, document))
    if rule.act is Act.UPDATE and not operations and not silent:
        return None
    places.extend(own)
    return Target(type=rule.type, identity=identity, names=tuple(names), act=rule.act, operations=operations)


def _operations(rule: TargetRule, document: Document) -> Iterator[Operation]:
    given = document.members("req")
    # What a call does to one set at once: an element that is removed and added is replaced.
    for verb, sources in ((Verb.SET, rule.set), (Verb.REMOVE, rule.remove), (Verb.ADD, rule.add)):
        for attribute, source in sources.items():
            if source.needs and source.needs.isdisjoint(given):
                continue
            yield from _operation(attribute, verb, value_of(source, document))
    if rule.kv is not None:
        yield from _key_values(rule.kv, document)
    if rule.tags is not None:
        yield from _tag_operations(rule.tags, document)
    for attribute, (merge, drop) in rule.maps.items():
        yield from _map_operations(attribute, merge, drop, document)


def _map_operations(
    attribute: str, merge: Source | None, drop: Source | None, document: Document
) -> Iterator[Operation]:
    merged = value_of(merge, document) if merge is not None else MISSING
    if isinstance(merged, dict):
        for key, value in merged.items():
            given = HIDDEN if is_hidden(value) else value
            yield from _operation(format_attribute(*parse_attribute(attribute), key), Verb.SET, given)
    dropped = value_of(drop, document) if drop is not None else MISSING
    if isinstance(dropped, list):
        for key in dropped:
            yield Operation(attribute=format_attribute(*parse_attribute(attribute), str(key)), value=None)


def _operation(attribute: str, verb: Verb, value: Value) -> Iterator[Operation]:
    if value is MISSING:
        return
    if isinstance(value, Hidden):
        yield Operation(attribute=attribute, verb=verb, value=None, unknown=True)
    elif verb is Verb.SET:
        yield Operation(attribute=attribute, verb=verb, value=value, unknown=False)
    elif listed := value if isinstance(value, list) else [value]:
        yield Operation(attribute=attribute, verb=verb, value=listed, unknown=False)


def _key_values(kv: KeyValues, document: Document) -> Iterator[Operation]:
    found = value_of(kv.path, document)
    if isinstance(found, Absent | Hidden):
        return
    if kv.key is None:
        pairs = list(found.items()) if isinstance(found, dict) else []
    else:
        listed = elements(found) or ()
        pairs = [(document.member(one, kv.key), document.member(one, kv.value)) for one in listed]
    for key, value in pairs:
        entry = _entry(kv, str(scalar(key)))
        if entry is None or isinstance(value, Absent):
            continue
        attribute, transform, values = entry
        given = transformed(transform, value, document, plural=isinstance(value, list))
        yield from _operation(attribute, Verb.SET, translated(values, given))


def _entry(kv: KeyValues, key: str) -> tuple[str, Transform, Mapping[str, Json] | None] | None:
    """What a key sets; one below a path that ends in ``/*`` sets the member of that name."""
    if (entry := kv.entries.get(key.lower())) is not None:
        return entry
    path, slash, name = key.rpartition("/")
    entry = kv.entries.get(f"{path.lower()}/*") if slash else None
    return (format_attribute(entry[0], name), *entry[1:]) if entry is not None else None


def _tag_operations(tags: Tags, document: Document) -> Iterator[Operation]:
    if tags.clear:
        yield Operation(attribute="tags", value={})
    for source in (tags.merge, tags.replace):
        found = value_of(source, document) if source is not None else MISSING
        if isinstance(found, Absent | Hidden):
            continue
        given = tags_of(found, document)
        if source is tags.replace or isinstance(given, Hidden):
            yield from _operation("tags", Verb.SET, given)
        elif isinstance(given, dict):
            for key, value in given.items():
                yield Operation(attribute=format_attribute("tags", key), value=value)
    if tags.drop is not None:
        yield from _dropped(value_of(tags.drop, document), document)


def _dropped(found: Value, document: Document) -> Iterator[Operation]:
    if isinstance(found, Absent | Hidden):
        return
    for one in elements(found) or ():
        inner, value = document.member(one, "key"), document.member(one, "value")
        key = scalar(one if inner is MISSING else inner)
        if not isinstance(key, str) or key.startswith("aws:"):
            continue
        attribute = format_attribute("tags", key)
        if value is MISSING:
            yield Operation(attribute=attribute, value=None)
        else:
            # A tag that is given with a value is only deleted if it has that value.
            yield Operation(attribute=attribute, verb=Verb.REMOVE, value=[scalar(value)])


__all__ = ["HIDDEN", "SERVICE_ECHO", "Sanctions", "call_of", "groups_of", "named_by", "sanction_of"]
