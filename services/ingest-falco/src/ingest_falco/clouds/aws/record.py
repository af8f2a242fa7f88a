"""The fields of Falco's cloudtrail plugin, of a CloudTrail record that came another way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tfdrift.events import Json

_NO_PARAMETERS: Final = "null"


def fields_of(record: Mapping[str, Json]) -> dict[str, Json]:
    """The fields that the plugin would give of a record; request, response and resources stay decoded.

    Source: AWS CloudTrail User Guide, "CloudTrail record contents".
    """
    identity = _object(record.get("userIdentity"))
    endpoint = record.get("eventSource")
    request = record.get("requestParameters")
    return {
        "ct.id": record.get("eventID"),
        "ct.time": record.get("eventTime"),
        "ct.src": endpoint,
        "ct.name": record.get("eventName"),
        "ct.error": record.get("errorCode"),
        "ct.errormessage": record.get("errorMessage"),
        "ct.user": _user(identity),
        "ct.originaluser": identity.get("userName"),
        "ct.user.accountid": identity.get("accountId"),
        "ct.user.identitytype": identity.get("type"),
        "ct.user.principalid": identity.get("principalId"),
        "ct.user.arn": identity.get("arn"),
        "ct.region": record.get("awsRegion"),
        "ct.srcip": record.get("sourceIPAddress"),
        "ct.useragent": record.get("userAgent"),
        "ct.readonly": record.get("readOnly"),
        "ct.eventtype": record.get("eventType"),
        "ct.recipientaccountid": record.get("recipientAccountId"),
        "ct.request": _NO_PARAMETERS if request is None else request,
        "ct.response": record.get("responseElements"),
        "ct.resources": record.get("resources"),
        "json.value[/sessionCredentialFromConsole]": record.get("sessionCredentialFromConsole"),
    }


def _user(identity: Mapping[str, Json]) -> Json:
    """The role's name of an assumed role, and the principal of a service; else the user's name."""
    match identity.get("type"):
        case "AssumedRole":
            return _object(_object(identity.get("sessionContext")).get("sessionIssuer")).get("userName")
        case "AWSService":
            return identity.get("invokedBy")
    return identity.get("userName")


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
