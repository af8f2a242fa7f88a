"""Finds how the caller reached AWS, by the traces that a call leaves: a table, read from the top.

The user agent is the caller's own word and can be forged: it shows how an honest caller came, no more.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ingest_falco.clouds.aws.fields import CloudTrailFields
from tfdrift.events import Via

# Terraform and OpenTofu say "APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io)
# terraform-provider-aws/5.49.0"; CloudTrail wraps some agents in brackets. Pulumi runs the same provider. Packer says
# "APN/1.0 HashiCorp/1.0 Packer/1.11.2" and Vault "HashiCorp/1.0 Vault/1.15": no state will ever contain what they do.
_TERRAFORM: Final = re.compile(r"terraform|opentofu", re.IGNORECASE)
_PULUMI: Final = re.compile(r"pulumi", re.IGNORECASE)

# "Amazon CLI/AutoScaling 1.0" were command line tools of single services, before there was one of all.
_CLI: Final = re.compile(r"aws-cli/|aws-shell/|^amazon cli/", re.IGNORECASE)

# "console.amazonaws.com", "signin.amazonaws.com", "console.ec2.amazonaws.com", DynamoDB's "console.aws.amazon.com",
# "[S3Console/0.4, ...", "RDS Console, aws-internal/3 ...", "EC2 Spot Console", "EC2ConsoleBackend, aws-internal/3 ...",
# "Coral/Netty4", the framework of the consoles' servers, and the browser itself on ConsoleLogin.
_CONSOLE: Final = re.compile(
    r"^(console|signin)\b.*\.(amazonaws|amazon)\.com$|^[\w ]*console(backend)?([/, ]|$)|^coral/|^mozilla/",
    re.IGNORECASE,
)

# A service that acts for somebody puts its principal where the agent and the address would be, and AWS's own software
# names itself so as an agent. The address is what AWS saw, the agent what the caller wrote.
_SERVICE: Final = re.compile(r"^[\w.-]+\.amazonaws\.com$", re.IGNORECASE)
_INTERNAL: Final = re.compile(r"^(aws internal$|aws-internal/)", re.IGNORECASE)

_SDK: Final = re.compile(
    r"boto3/|botocore/|aws-sdk-|aws-chalice/|apn/1|pulumi|exec-env/|aws-powershelltools|smithy|kiota", re.IGNORECASE
)


# CloudTrail truncates user agents at 1 KB; what distinguishes them is at the front.
_MAX_AGENT_LENGTH: Final = 512


class _Traits(NamedTuple):
    """The traits of a user agent; several may be true."""

    terraform: bool
    console: bool
    cli: bool
    service: bool
    internal: bool
    sdk: bool


@lru_cache(maxsize=1024)
def _traits(agent: str) -> _Traits:
    """Cached, since an estate has few agents and a call has many patterns to try."""
    console = bool(_CONSOLE.search(agent))
    return _Traits(
        terraform=bool(_TERRAFORM.search(agent)) and not _PULUMI.search(agent),
        console=console,
        cli=bool(_CLI.search(agent)),
        service=bool(_SERVICE.match(agent)) and not console,
        internal=bool(_INTERNAL.match(agent)),
        sdk=bool(_SDK.search(agent)),
    )


def reached_via(fields: CloudTrailFields) -> Via:
    """The way in which the caller of one CloudTrail event reached AWS.

    Terraform goes before everything. A console session goes before `AWS Internal` and before the SDK, which
    consoles use behind the scenes, but not before the CLI, which a person started (CloudShell).

    A caller with an address of their own is no service, whatever the agent says: rules ignore what services do,
    so an agent that is written into a call must not buy that. AWS's own software at such an address is a console's.
    """
    agent = _traits((fields.user_agent or "")[:_MAX_AGENT_LENGTH].strip("[] "))
    address = (fields.source_ip or "")[:_MAX_AGENT_LENGTH]
    from_service, from_inside = bool(_SERVICE.match(address)), bool(_INTERNAL.match(address))
    from_own_address = bool(address) and not from_service and not from_inside
    is_service = (agent.service and not from_own_address) or (from_service and not agent.console)
    evidence = (
        (Via.TERRAFORM, agent.terraform),
        (Via.SERVICE, is_service or fields.identity_type == "AWSService"),
        (Via.CONSOLE, agent.console),
        (Via.CLI, agent.cli),
        (Via.CONSOLE, fields.from_console is True),
        (Via.CONSOLE, agent.internal and from_own_address),
        (Via.SERVICE, agent.internal or from_inside),
        (Via.SDK, agent.sdk),
    )
    return next((via for via, applies in evidence if applies), Via.UNKNOWN)
