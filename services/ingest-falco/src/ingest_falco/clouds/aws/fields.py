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

from ingest_falco.clouds.part import Gap, Reason, read_part
from ingest_falco.clouds.plugin_fields import flag_field, text_field, time_field
from tfdrift.events import CloudResource, Json

# Placeholders for a name: the plugin's, and CloudTrail's for a name mistyped at a sign-in (people type passwords
# there, so AWS hides it).
_NO_NAMES: Final = frozenset(
    {"AssumedRole", "AWSAccount", "FederatedUser", "<unknown user type>", "HIDDEN_DUE_TO_SECURITY_REASONS"}
)

_MAX_MESSAGE: Final = 200
# The names of the json plugin's fields, and what falcosidekick's `bracketreplacer` makes of their brackets.
_FROM_CONSOLE: Final = tuple(
    f"{prefix}.value{begin}/sessionCredentialFromConsole{end}"
    for prefix in ("json", "jevt")
    for begin, end in (("[", "]"), ("_", ""), ("", ""))
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
        error_code: ``ct.error``; the beginning of ``ct.errormessage`` for a call that failed without a code.
        from_console: CloudTrail's ``sessionCredentialFromConsole``.
        gaps: what is missing of ``request``, ``response`` and ``resources``.
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
    gaps: tuple[Gap, ...] = ()


def parse_fields(fields: Mapping[str, Json]) -> CloudTrailFields:
    """The record of an alert's output fields."""
    parts = {part: read_part(fields.get(f"ct.{part}"), part, f"ct.{part}") for part in ("request", "response")}
    parts["resources"] = read_part(fields.get("ct.resources"), "resources", "ct.resources", bare_list=True)
    gaps = [part.gap for part in parts.values() if part.gap is not None]
    if lacks_request(fields):
        gaps.append(Gap("request", "ct.request", Reason.MISSING))
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
        error_code=text_field(fields, "ct.error") or _message(fields),
        read_only=flag_field(fields, "ct.readonly"),
        from_console=_from_console(fields),
        identity_type=text_field(fields, "ct.user.identitytype"),
        user=_name(fields, "ct.user"),
        original_user=_name(fields, "ct.originaluser"),
        arn=text_field(fields, "ct.user.arn"),
        principal_id=text_field(fields, "ct.user.principalid"),
        user_account_id=text_field(fields, "ct.user.accountid"),
        request=parts["request"].value,
        response=parts["response"].value,
        resources=_resources(parts["resources"].value),
        gaps=tuple(gaps),
    )


def _message(fields: Mapping[str, Json]) -> str | None:
    """The error's message: a failed ConsoleLogin, for one, has no code."""
    text = text_field(fields, "ct.errormessage")
    return text[:_MAX_MESSAGE] if text is not None else None


def _from_console(fields: Mapping[str, Json]) -> bool | None:
    """CloudTrail writes the *text* "true", of which the plugin's field makes "false"; the json plugin's is right."""
    for name in _FROM_CONSOLE:
        if name in fields and (flag := flag_field(fields, name)) is not None:
            return flag
    return flag_field(fields, "ct.sessioncredentialfromconsole")


def lacks_request(fields: Mapping[str, Json]) -> bool:
    """Whether a call that may have changed something comes without its request.

    CloudTrail writes a request that has no parameters as null, which the plugin gives as the text ``null``. The field
    itself is null where Falco did not extract it. Events of services have no request.
    """
    return (
        fields.get("ct.request") is None
        and text_field(fields, "ct.name") is not None
        and text_field(fields, "ct.eventtype") in (None, "AwsApiCall")
        and flag_field(fields, "ct.readonly") is not True
    )


def _name(fields: Mapping[str, Json], field: str) -> str | None:
    name = text_field(fields, field)
    return None if name in _NO_NAMES else name


def _resources(value: Json) -> tuple[CloudResource, ...]:
    return tuple(_resource(item) for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _resource(item: Mapping[str, Json]) -> CloudResource:
    """CloudTrail writes ``ARN`` in its documentation's order, some services ``arn`` or only an ``ARNPrefix``."""
    arn = text_field(item, "ARN") or text_field(item, "arn") or text_field(item, "ARNPrefix")
    return CloudResource(arn=arn, type=text_field(item, "type"), account_id=text_field(item, "accountId"))
