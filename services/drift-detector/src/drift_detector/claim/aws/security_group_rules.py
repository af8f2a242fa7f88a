"""Reads the rules of a security group from the calls that authorize, revoke and modify them.

EC2 keeps one rule for each source. A call may give many at once: as ``ipPermissions`` with lists of sources, or in the
older flat form (``ipProtocol``, ``fromPort``, ``cidrIp``). Since 2021 the response lists the resulting rules with their
ids; it is then preferred to the request.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drift_detector.facts import protocols
from drift_detector.facts.document import Document, Path, elements, parse_path, scalar
from drift_detector.facts.names import canonical_cidr
from drift_detector.facts.no_value import MISSING
from drift_detector.facts.numbers import whole_number
from tfdrift.events import Json

# AWS writes this for a value that it hides. The mapping then claims a change to something unknown.
HIDDEN: Final = "HIDDEN"

_RESPONSE_RULES: Final = (
    parse_path("resp.securityGroupRuleSet[]"),
    parse_path("resp.revokedSecurityGroupRuleSet[]"),
)
_PERMISSIONS: Final = parse_path("req.ipPermissions[]")
# ModifySecurityGroupRules gives rules by their ids, each with its new form.
_MODIFIED: Final = parse_path("req.securityGroupRule[]")
_RULE_IDS: Final = (parse_path("req.securityGroupRuleIds[]"), parse_path("req.securityGroupRuleIdsSet[]"))
_REQUEST: Final = Path("req", (), each=False)
_GROUP: Final = parse_path("req.groupId")

# The lists of sources in ``ipPermissions``, the member of each that is the source, and its name in a rule.
_SOURCES: Final = (
    ("ipranges", "cidrip", "cidr_ipv4"),
    ("ipv6ranges", "cidripv6", "cidr_ipv6"),
    ("prefixlistids", "prefixlistid", "prefix_list_id"),
    ("groups", "groupid", "group_id"),
    ("useridgrouppairs", "groupid", "group_id"),
)
_RANGES: Final = frozenset({"cidr_ipv4", "cidr_ipv6"})
_BLOCK_LISTS: Final = {
    "cidr_ipv4": "cidr_blocks",
    "cidr_ipv6": "ipv6_cidr_blocks",
    "prefix_list_id": "prefix_list_ids",
    "group_id": "security_groups",
}


def rules_of(document: Document) -> list[dict[str, Json]]:
    """Returns one element for each rule of the call; a rule has one source.

    Its members, as far as they are known: ``rule_id``, ``protocol``, ``from_port`` and ``to_port`` (not for all
    protocols), the source (``cidr_ipv4``, ``cidr_ipv6``, ``prefix_list_id``, ``group_id`` or ``self``),
    ``referenced_id`` (for a group and for self), ``description``, ``security_group_id`` (if only the response has it)
    and ``block``: the rule as an element of ``aws_security_group.ingress``. If the call gives only the rule's id, the
    block is hidden.
    """
    for path in _RESPONSE_RULES:
        listed = document.find(path)
        if listed is not MISSING and any(document.member(one, "ipprotocol") is not MISSING for one in listed):
            return [rule for one in listed if (rule := _from_response(one, document)) is not None]
    if modified := _listed(document, _MODIFIED):
        return [rule for one in modified if (rule := _modified(one, document)) is not None]
    found = [rule for one in _listed(document, _PERMISSIONS) for rule in _from_permission(one, document)]
    if not found:
        request = document.find(_REQUEST)
        found = list(_flat(request, document)) if request is not MISSING else []
    if not found:
        ids = (one for path in _RULE_IDS for one in _listed(document, path))
        found = [{"rule_id": _rule_id(one, document), "block": HIDDEN} for one in ids]
    return found


def _listed(document: Document, path: Path) -> list[Json]:
    found = document.find(path)
    return [] if found is MISSING else list(found)


def _rule_id(one: Json, document: Document) -> Json:
    inner = document.member(one, "securitygroupruleid")
    return scalar(one if inner is MISSING else inner)


def _get(one: Json, name: str, document: Document) -> Any:
    value = document.member(one, name)
    return None if value is MISSING else scalar(value)


def _from_response(one: Json, document: Document) -> dict[str, Json] | None:
    source: dict[str, Json] = {}
    for member, name in (("cidripv4", "cidr_ipv4"), ("cidripv6", "cidr_ipv6"), ("prefixlistid", "prefix_list_id")):
        if value := _get(one, member, document):
            source[name] = value
    referenced = _get(one, "referencedgroupinfo", document)
    group = _get(one, "groupid", document) or document.find(_GROUP)
    if isinstance(referenced, dict):
        source.update(_group_source(referenced, _get(one, "groupownerid", document), group, document))
    elif group_id := _get(one, "referencedgroupid", document):
        source.update({"referenced_id": group_id, **({"self": True} if group_id == group else {"group_id": group_id})})
    if not source:
        return None
    rule = _rule(one, source, _get(one, "description", document), document)
    for member, name in (("securitygroupruleid", "rule_id"), ("groupid", "security_group_id")):
        if value := _get(one, member, document):
            rule[name] = value
    return rule


def _modified(one: Json, document: Document) -> dict[str, Json] | None:
    rule = _from_response(_get(one, "securitygrouprule", document), document)
    return None if rule is None else {**rule, "rule_id": _get(one, "securitygroupruleid", document)}


def _from_permission(permission: Json, document: Document) -> Iterator[dict[str, Json]]:
    group = document.find(_GROUP)
    for listing, member, name in _SOURCES:
        for one in elements(document.member(permission, listing)) or () if _has(permission, listing, document) else ():
            description = _get(one, "description", document)
            if name == "group_id":
                if source := _group_source(one, None, group, document):
                    yield _rule(permission, source, description, document)
            elif value := _get(one, member, document):
                yield _rule(permission, {name: value}, description, document)


def _has(permission: Json, listing: str, document: Document) -> bool:
    return document.member(permission, listing) is not MISSING


def _flat(request: Json, document: Document) -> Iterator[dict[str, Json]]:
    if _get(request, "ipprotocol", document) is None:
        return
    for member, name in (("cidrip", "cidr_ipv4"), ("cidripv6", "cidr_ipv6"), ("sourcesecuritygroupid", "group_id")):
        if value := _get(request, member, document):
            yield _rule(
                request, {name: value, **({"referenced_id": value} if name == "group_id" else {})}, None, document
            )


def _group_source(pair: Json, owner: Json, group: Json, document: Document) -> dict[str, Json]:
    group_id, user_id = _get(pair, "groupid", document), _get(pair, "userid", document)
    if not group_id:
        return {}
    if group_id == group:
        return {"self": True, "referenced_id": group_id}
    # A group of another account is recorded with that account. Only a response has the account of the call.
    foreign = owner is not None and user_id and str(user_id) != str(owner)
    name = f"{user_id}/{group_id}" if foreign else group_id
    return {"group_id": name, "referenced_id": name}


def _rule(ports: Json, given: dict[str, Json], description: Json, document: Document) -> dict[str, Json]:
    protocol = protocols.protocol_name(_get(ports, "ipprotocol", document))
    source = {name: canonical_cidr(str(value)) if name in _RANGES else value for name, value in given.items()}
    rule: dict[str, Json] = {"protocol": protocol, **source}
    if protocol != protocols.ALL:
        for name in ("fromport", "toport"):
            if (port := _get(ports, name, document)) is not None:
                number = whole_number(port)
                # A value that is no port is claimed as a change to something unknown, and so is the block.
                rule[f"{name.removesuffix('port')}_port"] = HIDDEN if number is None else number
    if description:
        rule["description"] = description
    block: dict[str, Json] = {
        "protocol": protocol,
        "from_port": rule.get("from_port", 0),
        "to_port": rule.get("to_port", 0),
        "description": description or "",
        "self": bool(source.get("self")),
    }
    for name, attribute in _BLOCK_LISTS.items():
        block[attribute] = [source[name]] if name in source else []
    rule["block"] = HIDDEN if HIDDEN in (block["from_port"], block["to_port"]) else block
    return rule
