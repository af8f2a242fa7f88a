"""The services and types without a region: that the lists are the provider schema's, and are the only ones."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("botocore", reason="the generator reads botocore's models")

from mapping_generator import regionless
from mapping_generator.__main__ import AUTO
from mapping_generator.sources import service_model
from mapping_generator.sources.provider_schema import load_snapshot

from tfdrift.regionless import is_global_service, is_global_type


def test_the_lists_are_what_the_schema_says() -> None:
    """What is committed is what the generator makes."""
    if json.loads(AUTO.read_bytes())["sources"]["botocore"] != service_model.VERSION:
        pytest.skip("the lists are of another version of botocore: make mapping moves them")
    assert regionless.OUTPUT.read_text(encoding="utf-8") == regionless.dumped(regionless.document(load_snapshot()))


def test_a_type_is_global_if_it_has_no_region() -> None:
    """The beginnings of names are short for the types that they stand for, and for no others."""
    wrong = {
        name
        for name, attributes in load_snapshot().types.items()
        if name.startswith("aws_") and is_global_type(name) is ("region" in attributes)
    }
    assert wrong == set()


@pytest.mark.parametrize("service", ["iam", "route53", "cloudfront", "organizations", "networkmanager", "s3"])
def test_names_of_a_global_service_have_no_region(service: str) -> None:
    """Wherever such a call was made, it may be of any resource of that name."""
    assert is_global_service(service)


@pytest.mark.parametrize("service", ["ec2", "rds", "directconnect", "ram", "backup", "chime"])
def test_calls_of_other_services_are_distinguished_by_region(service: str) -> None:
    """Two regions may have a resource of one name."""
    assert not is_global_service(service)
