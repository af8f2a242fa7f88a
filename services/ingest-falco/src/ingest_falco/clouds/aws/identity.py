"""The person behind a CloudTrail event.

CloudTrail's ``userIdentity`` (AWS CloudTrail User Guide, "CloudTrail userIdentity element") names a person in a
different place for each type of identity, and Falco's plugin flattens it: for an AssumedRole ``ct.user`` is the
*role*, for others it may be no name at all but the type again. The person of a role is its session: the
RoleSessionName of ``sts:AssumeRole``, and for IAM Identity Center (roles ``AWSReservedSSO_*``) the directory's user.
A role, an account or a type is never reported as a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ingest_falco.clouds.aws.fields import CloudTrailFields
from ingest_falco.clouds.aws.via import reached_via
from tfdrift.arns import parse_arn
from tfdrift.events import UserIdentity

_MAX_CACHED_LENGTH: Final = 1024


@dataclass(frozen=True, slots=True)
class _Person:
    name: str | None
    session: str | None = None


def identify(fields: CloudTrailFields) -> UserIdentity | None:
    """Who made the call; None where the event names nobody."""
    texts = (
        fields.identity_type,
        fields.user,
        fields.original_user,
        fields.arn,
        fields.principal_id,
        fields.user_account_id,
        fields.source_ip,
        fields.user_agent,
    )
    # Whoever may post can invent texts of any length, which must not stay in memory.
    if sum(len(text) for text in texts if text is not None) > _MAX_CACHED_LENGTH:
        return _identity(fields)
    return _cached_identity(texts, fields.from_console)


@lru_cache(maxsize=4096)
def _cached_identity(texts: tuple[str | None, ...], from_console: bool | None) -> UserIdentity | None:
    """Cached, since few people make most calls."""
    kind, user, original_user, arn, principal_id, account_id, source_ip, user_agent = texts
    return _identity(
        CloudTrailFields(
            identity_type=kind,
            user=user,
            original_user=original_user,
            arn=arn,
            principal_id=principal_id,
            user_account_id=account_id,
            source_ip=source_ip,
            user_agent=user_agent,
            from_console=from_console,
        )
    )


def _identity(fields: CloudTrailFields) -> UserIdentity | None:
    kind = fields.identity_type
    if kind is None and not (fields.user or fields.original_user or fields.arn or fields.principal_id):
        return None
    person = _PERSONS.get(kind or "", _unknown)(fields)
    return UserIdentity(
        type=kind,
        user_name=person.name,
        arn=fields.arn,
        principal_id=fields.principal_id,
        account_id=fields.user_account_id,
        session_name=person.session,
        via=reached_via(fields),
    )


def _arn_tail(arn: str | None, kind: str) -> str | None:
    """The name at the end of an ARN of one kind: ``…:user/path/ann`` is ann, ``…:assumed-role/ops/ann`` too."""
    found = parse_arn(arn or "")
    head, _, name = found.resource.rpartition("/") if found is not None else ("", "", "")
    if head.split("/", 1)[0] != kind or (kind == "assumed-role" and head.count("/") != 1):
        return None
    return name or None


def _principal_tail(principal_id: str | None) -> str | None:
    """The part after the unique id: ``AROAEXAMPLE:ann`` is ann."""
    return (principal_id.rpartition(":")[2] or None) if principal_id and ":" in principal_id else None


def _iam_user(fields: CloudTrailFields) -> _Person:
    """A user; some services log a role's session with this type, which only its ARN shows."""
    if session := _arn_tail(fields.arn, "assumed-role"):
        return _Person(session, session)
    return _Person(fields.user or fields.original_user or _arn_tail(fields.arn, "user"))


def _root(fields: CloudTrailFields) -> _Person:
    """CloudTrail names the root user only by the account's alias, where there is one."""
    return _Person(fields.user or fields.original_user or "root")


def _role_session(fields: CloudTrailFields) -> _Person:
    arn_session = _arn_tail(fields.arn, "assumed-role")
    session = fields.original_user or arn_session or _principal_tail(fields.principal_id)
    # Older sessions of consoles are logged as roles, with the user's own ARN.
    return _Person(session or _arn_tail(fields.arn, "user"), session)


def _federated_user(fields: CloudTrailFields) -> _Person:
    """``sts:GetFederationToken``: the name was chosen by whoever requested the token."""
    name = _arn_tail(fields.arn, "federated-user") or _principal_tail(fields.principal_id)
    name = fields.original_user or name
    return _Person(name, name)


def _service(fields: CloudTrailFields) -> _Person:
    """The service's own principal, such as ``cloudtrail.amazonaws.com``."""
    candidates = (fields.user, fields.original_user, fields.user_agent, fields.source_ip)
    named = (name for name in candidates if name and name.endswith(".amazonaws.com"))
    return _Person(next(named, fields.user))


def _other_account(fields: CloudTrailFields) -> _Person:
    """A caller of another account: its trail has the name, ours at most a role's session."""
    session = _principal_tail(fields.principal_id)
    return _Person(session, session)


def _external_user(fields: CloudTrailFields) -> _Person:
    """A user of an identity provider: ``<provider>:<application>:<user>`` or ``<qualifier>:<NameID>``."""
    return _Person(fields.original_user or fields.user or _principal_tail(fields.principal_id))


def _identity_center_user(fields: CloudTrailFields) -> _Person:
    name = fields.original_user or fields.user or _arn_tail(fields.arn, "user")
    return _Person(name or _principal_tail(fields.principal_id) or fields.principal_id)


def _unknown(fields: CloudTrailFields) -> _Person:
    """No type, or an unknown one: the ARN shows what it is. ``ct.user`` counts unless it is a role's."""
    if _arn_tail(fields.arn, "assumed-role"):
        return _role_session(fields)
    if _arn_tail(fields.arn, "federated-user"):
        return _federated_user(fields)
    session = _principal_tail(fields.principal_id)
    is_role = fields.principal_id is not None and fields.principal_id.startswith("AROA")
    if is_role:
        return _Person(fields.original_user or session, fields.original_user or session)
    return _Person(fields.original_user or _arn_tail(fields.arn, "user") or fields.user or session)


_PERSONS: Final[Mapping[str, Callable[[CloudTrailFields], _Person]]] = {
    "IAMUser": _iam_user,
    "Root": _root,
    "AssumedRole": _role_session,
    "Role": _role_session,
    "FederatedUser": _federated_user,
    "AWSService": _service,
    "AWSAccount": _other_account,
    "WebIdentityUser": _external_user,
    "SAMLUser": _external_user,
    "Directory": _external_user,
    "IdentityCenterUser": _identity_center_user,
}
