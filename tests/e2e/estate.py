"""Terraform states of instances: version 4, with what the AWS provider writes of them."""

from __future__ import annotations

import uuid
from typing import Any

from tests.e2e.alerts import ACCOUNT

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


def instance_id() -> str:
    """The id of an instance that no other test has."""
    return f"i-{uuid.uuid4().hex[:17]}"


def instance(identity: str, name: str = "web", **attributes: Any) -> dict[str, Any]:
    """One ``aws_instance``, as a resource of a state."""
    return resource(
        "aws_instance",
        name,
        {
            "id": identity,
            "arn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{identity}",
            "ami": "ami-0a1b2c3d4e5f60718",
            "instance_type": "t3.medium",
            "disable_api_termination": True,
            "subnet_id": "subnet-017d9a3c5e1f2b468",
            "tags": {"Name": name, "Owner": "platform"},
            "tags_all": {"Name": name, "Owner": "platform"},
            **attributes,
        },
    )


def resource(resource_type: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """One managed resource with a single instance."""
    return {
        "mode": "managed",
        "type": resource_type,
        "name": name,
        "provider": PROVIDER,
        "instances": [{"schema_version": 1, "attributes": attributes, "sensitive_attributes": []}],
    }


def state(
    serial: int, *resources: dict[str, Any], lineage: str = "7c1e4b52-93d8-4fa6-b0e1-2d5a8c7f6e34"
) -> dict[str, Any]:
    """A state with these resources."""
    return {
        "version": 4,
        "terraform_version": "1.13.4",
        "serial": serial,
        "lineage": lineage,
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
    }
