"""The person behind a CloudTrail event.

CloudTrail's ``userIdentity`` (AWS CloudTrail User Guide, "CloudTrail userIdentity element") names a person in a
different place for each type of identity, and Falco's plugin flattens it: for an AssumedRole ``ct.user`` is the
*role*, for others it may be no name at all but the type again. The person of a role is its session: what
``sts:AssumeRole`` was told as RoleSessionName, and for IAM Identity Center (roles ``AWSReservedSSO_*``) the
directory's user. A role, an account and a type are never given as a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ingest_falco.clouds.cloudtrail import text_field
from ingest_falco.clouds.via import reached_via
from tfdrift.events import Json, UserIdentity

# Words that stand where a name would: the plugin's, and CloudTrail's for a name typed wrong at a sign-in
# (people type passwords there, so AWS hides it).
_NO_NAMES: Final = frozenset(
    {"AssumedRole", "AWSAccount", "FederatedUser", "<unknown user type>", "HIDDEN_DUE_TO_SECURITY_REASONS"}
)


@dataclass(frozen=True, slots=True)
class _Traces:
    """What an alert tells of who it was, placeholders taken out."""

    user: str | None
    original_user: str | None
    arn: str | None
    principal_id: str | None
    address: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class _Person:
    name: str | None
    session: str | None = None


def identify(fields: Mapping[str, Json]) -> UserIdentity | None:
    """Who made the call that the output fields tell of; None where nothing is said of anybody."""
    kind = text_field(fields, "ct.user.identitytype")
    traces = _Traces(
        user=_name(fields, "ct.user"),
        original_user=_name(fields, "ct.originaluser"),
        arn=text_field(fields, "ct.user.arn"),
        principal_id=text_field(fields, "ct.user.principalid"),
        address=text_field(fields, "ct.srcip"),
        agent=text_field(fields, "ct.useragent"),
    )
    if kind is None and not (traces.user or traces.original_user or traces.arn or traces.principal_id):
        return None
    person = _PERSONS.get(kind or "", _unknown)(traces)
    return UserIdentity(
        type=kind,
        user_name=person.name,
        arn=traces.arn,
        principal_id=traces.principal_id,
        account_id=text_field(fields, "ct.user.accountid"),
        session_name=person.session,
        via=reached_via(fields),
    )


def _name(fields: Mapping[str, Json], field: str) -> str | None:
    name = text_field(fields, field)
    return None if name in _NO_NAMES else name


def _arn_tail(arn: str | None, kind: str) -> str | None:
    """The name at the end of an ARN of one kind: ``…:user/path/ann`` is ann, ``…:assumed-role/ops/ann`` too."""
    resource = arn.split(":", 5)[-1] if arn else ""
    head, _, name = resource.rpartition("/")
    if head.split("/", 1)[0] != kind or (kind == "assumed-role" and head.count("/") != 1):
        return None
    return name or None


def _principal_tail(principal_id: str | None) -> str | None:
    """What follows the unique id: ``AROAEXAMPLE:ann`` is ann."""
    return (principal_id.rpartition(":")[2] or None) if principal_id and ":" in principal_id else None


def _iam_user(traces: _Traces) -> _Person:
    return _Person(traces.user or traces.original_user or _arn_tail(traces.arn, "user"))


def _root(traces: _Traces) -> _Person:
    """CloudTrail names the root user only by the account's alias, where there is one."""
    return _Person(traces.user or traces.original_user or "root")


def _role_session(traces: _Traces) -> _Person:
    arn_session = _arn_tail(traces.arn, "assumed-role")
    session = traces.original_user or arn_session or _principal_tail(traces.principal_id)
    # Older sessions of consoles are logged as roles, with the user's own ARN.
    return _Person(session or _arn_tail(traces.arn, "user"), session)


def _federated_user(traces: _Traces) -> _Person:
    """``sts:GetFederationToken``: the name was given by whoever asked for the token."""
    name = _arn_tail(traces.arn, "federated-user") or _principal_tail(traces.principal_id)
    name = traces.original_user or name
    return _Person(name, name)


def _service(traces: _Traces) -> _Person:
    """The service's own principal, such as ``cloudtrail.amazonaws.com``."""
    candidates = (traces.user, traces.original_user, traces.agent, traces.address)
    named = (name for name in candidates if name and name.endswith(".amazonaws.com"))
    return _Person(next(named, traces.user))


def _other_account(traces: _Traces) -> _Person:
    """A caller of another account: its trail has the name, ours at most a role's session."""
    session = _principal_tail(traces.principal_id)
    return _Person(session, session)


def _external_user(traces: _Traces) -> _Person:
    """A user of an identity provider: ``<provider>:<application>:<user>`` or ``<qualifier>:<NameID>``."""
    return _Person(traces.original_user or traces.user or _principal_tail(traces.principal_id))


def _identity_center_user(traces: _Traces) -> _Person:
    name = traces.original_user or traces.user or _arn_tail(traces.arn, "user")
    return _Person(name or _principal_tail(traces.principal_id) or traces.principal_id)


def _unknown(traces: _Traces) -> _Person:
    """No type, or one that is not known: the ARN tells what it is. ``ct.user`` counts unless it is a role's."""
    if _arn_tail(traces.arn, "assumed-role"):
        return _role_session(traces)
    if _arn_tail(traces.arn, "federated-user"):
        return _federated_user(traces)
    session = _principal_tail(traces.principal_id)
    is_role = traces.principal_id is not None and traces.principal_id.startswith("AROA")
    if is_role:
        return _Person(traces.original_user or session, traces.original_user or session)
    return _Person(traces.original_user or _arn_tail(traces.arn, "user") or traces.user or session)


_PERSONS: Final[Mapping[str, Callable[[_Traces], _Person]]] = {
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
