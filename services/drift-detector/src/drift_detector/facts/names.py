"""The forms in which the cloud names a resource, and how each becomes the one that a state records."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from drift_detector.facts.document import scalar
from drift_detector.facts.mapping_terms import Transform
from tfdrift.arns import parse_arn
from tfdrift.events import Json

_SECRET_ARN: Final = re.compile(r"(?P<partial>arn:[\w-]+:secretsmanager:[\w-]*:\d*:secret:(?P<name>.+))-[A-Za-z0-9]{6}")
# https://sqs.REGION.amazonaws.com, the older https://REGION.queue.amazonaws.com and https://queue.amazonaws.com (of
# us-east-1), a dual-stack or a VPC's endpoint; then the account and the name.
_QUEUE_URL: Final = re.compile(
    r"https?://(?:[\w-]+\.)*?(?:sqs(?:-fips)?\.(?P<region>[\w-]+)|(?P<older>[\w-]+)\.queue|queue)\.[\w.]+/(?P<path>\d{12}/[\w.-]+)"
)


def decoded_arn(name: str) -> str:
    """Returns an ARN that was logged as part of a URL's path, ``arn%3Aaws%3Akafka%3A...``, without the escapes."""
    return unquote(name) if name[:6].lower() == "arn%3a" else name


def arn_tail(name: str) -> str:
    """Returns the last part of an ARN: ``arn:aws:iam::1:role/path/app`` gives ``app``; other text is unchanged."""
    arn = parse_arn(name)
    return name if arn is None else arn.tail


def arn_parent(name: str) -> str | None:
    """Returns what an ARN says of the container: ``arn:aws:ecs:r:1:service/main/api`` gives ``main``; else None."""
    arn = parse_arn(name)
    parts = arn.resource.split("/") if arn is not None else []
    return parts[-2] if len(parts) == 3 else None


def recorded_spellings(name: str) -> tuple[str, ...]:
    """Returns a recorded name with the other forms in which a call may give it.

    A secret may be named by its ARN without the hyphen and six characters that the service adds, or by its name.
    Source: the SecretId parameter of https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """
    secret = _SECRET_ARN.fullmatch(name)
    return (name,) if secret is None else (name, secret["partial"], secret["name"])


def lambda_name(name: str) -> str:
    """Returns a function's name from its ARN, its partial ARN or its name with a qualifier.

    Source: the FunctionName parameter of https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    """
    _, found, rest = name.rpartition("function:")
    return (rest if found else name).split(":", 1)[0]


def kms_key_id(name: str) -> str | None:
    """Returns a key's id from its ARN or id; None for an alias, which only the cloud can resolve."""
    if name.startswith("alias/") or ":alias/" in name:
        return None
    return name.rsplit("/", 1)[-1]


def queue_arn(name: str) -> str:
    """Returns a queue's ARN from any of its URLs: the state may have another URL than the call used.

    Source: https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
    """
    url = _QUEUE_URL.fullmatch(name)
    if url is None:
        return name
    region = url["region"] or url["older"] or "us-east-1"
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
    return ":".join(("arn", partition, "sqs", region, *url["path"].split("/")))


def log_group_name(name: str) -> str | None:
    """Returns a log group's name from its ARN, which may end in ``:*``; None for an ARN of something else."""
    if not name.startswith("arn:"):
        return name
    _, found, rest = name.partition(":log-group:")
    return rest.removesuffix(":*") if found else None


def colon_tail(name: str) -> str:
    """Returns the last part of an id that the provider makes of several: ``12abc:34def`` gives ``34def``."""
    return name.rsplit(":", 1)[-1]


def path_tail(name: str) -> str:
    """Returns the last part of a path or URL: ``https://.../machineTypes/n1-standard-2`` gives ``n1-standard-2``."""
    return name.rstrip("/").rsplit("/", 1)[-1]


def dns_name(name: str) -> str:
    """Returns a domain name as the provider records it: in lower case, without the last dot, the wildcard as ``*``.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
    """
    return name.lower().removesuffix(".").replace("\\052", "*")


def dns_value(value: str) -> str:
    """Returns a DNS record's value without the quotes that Route 53 requires around a text."""
    return value[1:-1] if len(value) > 1 and value.startswith('"') and value.endswith('"') else value


def canonical_cidr(text: str) -> str:
    """Returns an address range in canonical form, as EC2 stores it: ``100.68.0.18/18`` gives ``100.68.0.0/18``."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def identity_form(transform: Transform, value: Json) -> str | None:
    """Returns the text by which a value identifies a resource; None if it identifies none."""
    value = scalar(value)
    if isinstance(value, dict) and len(value) == 1:
        # Route 53's domains log a name as {"name": "example.com"}.
        value = next(iter(value.values()))
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if not isinstance(value, str) or not value:
        return None
    value, form = decoded_arn(value), _FORMS.get(transform)
    return form(value) if form is not None else value


_FORMS: Final[dict[Transform, Callable[[str], str | None]]] = {
    Transform.ARN_TAIL: arn_tail,
    Transform.ARN_PARENT: arn_parent,
    Transform.LAMBDA_NAME: lambda_name,
    Transform.KMS_KEY_ID: kms_key_id,
    Transform.QUEUE_ARN: queue_arn,
    Transform.LOG_GROUP_NAME: log_group_name,
    Transform.COLON_TAIL: colon_tail,
    Transform.CIDR: canonical_cidr,
    Transform.FOLDED: str.lower,
    Transform.PATH_TAIL: path_tail,
    Transform.DNS_NAME: dns_name,
    Transform.DNS_VALUE: dns_value,
    Transform.PATH_TAIL_FOLDED: lambda name: path_tail(name).lower(),
}
