"""The fields of Falco's cloudtrail plugin, parsed once.

The plugin (falcosecurity/plugins, ``plugins/cloudtrail``) gives flat fields: ``ct.request`` and ``ct.response``
are JSON *strings* of CloudTrail's ``requestParameters`` and ``responseElements``, ``ct.resources`` is the
resources' JSON objects joined by commas without brackets, booleans are the words "true" and "false". Falco sends
only the fields that a rule's output or ``append_output`` names, so any of them may be null or missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.clouds.plugin_fields import NOT_AVAILABLE, flag_field, text_field, time_field
from ingest_falco.strict_json import InvalidJson, parse
from tfdrift.events import CloudResource, Json

# Placeholders for a name: the plugin's, and CloudTrail's for a name mistyped at a sign-in (people type passwords
# there, so AWS hides it).
_NO_NAMES: Final = frozenset(
    {"AssumedRole", "AWSAccount", "FederatedUser", "<unknown user type>", "HIDDEN_DUE_TO_SECURITY_REASONS"}
)


@dataclass(frozen=True, slots=True)
class CloudTrailFields:
    """One CloudTrail event as far as the alert has it; what is missing is None.

    Attributes:
        endpoint: ``ct.src``, such as ``ec2.amazonaws.com``.
        service: ``ct.shortsrc``, such as ``ec2``.
        recipient_account_id: the account whose trail has the event, so where the resource is.
        user: ``ct.user``, without the placeholders: for an assumed role it is the *role*.
        original_user: ``ct.originaluser``, without the placeholders: for an assumed role the session's name.
        from_console: ``ct.sessioncredentialfromconsole``.
        undecodable: which of ``request``, ``response`` and ``resources`` were sent but could not be read.
    """

    event_id: str | None = None
    event_name: str | None = None
    time: datetime | None = None
    endpoint: str | None = None
    service: str | None = None
    event_type: str | None = None
    region: str | None = None
    recipient_account_id: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    error_code: str | None = None
    read_only: bool | None = None
    from_console: bool | None = None
    identity_type: str | None = None
    user: str | None = None
    original_user: str | None = None
    arn: str | None = None
    principal_id: str | None = None
    user_account_id: str | None = None
    request: Json = None
    response: Json = None
    resources: tuple[CloudResource, ...] = ()
    undecodable: tuple[str, ...] = ()


def parse_fields(fields: Mapping[str, Json]) -> CloudTrailFields:
    """The record of an alert's output fields."""
    undecodable: list[str] = []
    return CloudTrailFields(
        event_id=text_field(fields, "ct.id"),
        event_name=text_field(fields, "ct.name"),
        time=time_field(fields, "ct.time"),
        endpoint=text_field(fields, "ct.src"),
        service=text_field(fields, "ct.shortsrc"),
        event_type=text_field(fields, "ct.eventtype"),
        region=text_field(fields, "ct.region"),
        recipient_account_id=text_field(fields, "ct.recipientaccountid"),
        source_ip=text_field(fields, "ct.srcip"),
        user_agent=text_field(fields, "ct.useragent"),
        error_code=text_field(fields, "ct.error"),
        read_only=flag_field(fields, "ct.readonly"),
        from_console=flag_field(fields, "ct.sessioncredentialfromconsole"),
        identity_type=text_field(fields, "ct.user.identitytype"),
        user=_name(fields, "ct.user"),
        original_user=_name(fields, "ct.originaluser"),
        arn=text_field(fields, "ct.user.arn"),
        principal_id=text_field(fields, "ct.user.principalid"),
        user_account_id=text_field(fields, "ct.user.accountid"),
        request=_decoded(fields, "request", undecodable),
        response=_decoded(fields, "response", undecodable),
        resources=_resources(fields, undecodable),
        undecodable=tuple(undecodable),
    )


def _name(fields: Mapping[str, Json], field: str) -> str | None:
    name = text_field(fields, field)
    return None if name in _NO_NAMES else name


def _decoded(fields: Mapping[str, Json], part: str, undecodable: list[str]) -> Json:
    """The value of a field that holds JSON as a string; a sender that decoded it already is believed."""
    value = fields.get(f"ct.{part}")
    if not isinstance(value, str):
        return value
    if value in ("", NOT_AVAILABLE):
        return None
    try:
        return parse(value)
    except InvalidJson:
        undecodable.append(part)
        return None


def _resources(fields: Mapping[str, Json], undecodable: list[str]) -> tuple[CloudResource, ...]:
    value = fields.get("ct.resources")
    if isinstance(value, str):
        if value in ("", NOT_AVAILABLE):
            return ()
        try:
            value = parse(value if value.startswith("[") else f"[{value}]")
        except InvalidJson:
            undecodable.append("resources")
            return ()
    if not isinstance(value, list):
        return ()
    return tuple(_resource(item) for item in value if isinstance(item, dict))


def _resource(item: Mapping[str, Json]) -> CloudResource:
    """CloudTrail writes ``ARN`` in its documentation's order, some services ``arn`` or only an ``ARNPrefix``."""
    arn = text_field(item, "ARN") or text_field(item, "arn") or text_field(item, "ARNPrefix")
    return CloudResource(arn=arn, type=text_field(item, "type"), account_id=text_field(item, "accountId"))
