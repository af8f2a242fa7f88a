"""The words of the scenarios: resources, payloads in CloudTrail's shapes, and drifts as `World.summary` tells them."""

from __future__ import annotations

import json
from typing import Any

from tests.drift_detector.playbook import ACCOUNT, REGION, Step, resource

Scenario = tuple[list[Step], list[str]]
Scenarios = dict[str, Scenario]

# Of another tenant; where scenarios share a pipeline it is made another one for each, as `ACCOUNT` is.
OTHER_ACCOUNT = "210987654321"
OTHER_REGION = "us-west-2"
SERVICE: dict[str, Any] = {
    "agent": "autoscaling.amazonaws.com",
    "srcip": "autoscaling.amazonaws.com",
    "user.identitytype": "AWSService",
    "user": "autoscaling.amazonaws.com",
    "originaluser": None,
    "user.arn": None,
}


def by_service(principal: str, session: str = "service") -> dict[str, Any]:
    """Who called: a service with a role of the account, at the address that AWS writes for it."""
    return {**by_role("AWSServiceRoleForSomething", session), "agent": principal, "srcip": principal}


def by_role(role: str, session: str, agent: str = "aws-sdk-go-v2/1.36.3 os/linux lang/go#1.24.5") -> dict[str, Any]:
    """Who called: a session of a role, at an address of its own."""
    return {
        "agent": agent,
        "srcip": "198.51.100.7",
        "user": role,
        "originaluser": session,
        "user.arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
    }


def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """An ARN; IAM's have no region."""
    return f"arn:aws:{service}:{'' if service == 'iam' else region}:{account}:{rest}"


def placed(
    address: str,
    *,
    module: str | None = None,
    instances: dict[str | int, dict[str, Any]] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    """A resource in a module, or one with ``count`` or ``for_each``: its instances' attributes by key."""
    block = resource(address, **attributes)
    if module is not None:
        block["module"] = module
    if instances is not None:
        block["instances"] = [
            {"index_key": key, "schema_version": 1, "attributes": given} for key, given in instances.items()
        ]
    return block


def text(document: Any) -> str:
    """JSON as a state has it."""
    return json.dumps(document, separators=(",", ":"))


def spaced(document: Any) -> str:
    """The same JSON as a person writes it."""
    return json.dumps(document, indent=4)


def policy(*statements: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements), **members}


def allow(action: Any = "s3:GetObject", *, on: Any = "*", **members: Any) -> dict[str, Any]:
    """A statement of a policy; members with the value None are left out."""
    given = {"Effect": "Allow", "Action": action, "Resource": on, **members}
    return {name: value for name, value in given.items() if value is not None}


def trust(principal: Any, **members: Any) -> dict[str, Any]:
    """A trust policy."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **members})


def items(*given: Any) -> dict[str, Any]:
    """A list as CloudTrail writes EC2's."""
    return {"items": list(given)}


def modified(
    address: str, attribute: str, old: Any, new: Any, *, by: str = "jane", end: str = "open", kind: str = "modified"
) -> str:
    """The drift of an attribute; `end` is its status, or its resolution."""
    return f"{address} {attribute} {kind} {end}: {_json(old)} -> {_json(new)} by {by}"


def unknown(address: str, attribute: str, old: Any, *, by: str = "jane", end: str = "open") -> str:
    """The drift of an attribute whose new value the log hides."""
    return f"{address} {attribute} modified {end}: {_json(old)} -> ? by {by}"


def deleted(address: str, identity: str, *, by: str = "jane", end: str = "open") -> str:
    """The drift of a resource that somebody deleted."""
    return f"{address} - deleted {end}: {_json(identity)} -> null by {by}"


def unmanaged(kind: str, identity: str, *, by: str = "jane", end: str = "open") -> str:
    """The drift of a thing that no state held."""
    return f"{kind} {identity} - unmanaged {end}: null -> {_json(identity)} by {by}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
