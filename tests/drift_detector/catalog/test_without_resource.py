"""What no Terraform resource holds: rules by reason, which yield to what the mapping is sure of."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import resources

import pytest
import yaml

from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.without_resource import load_without_resource
from drift_detector.facts.mapping_terms import Tier

CATALOG = load_catalog()
WITHOUT_RESOURCE = load_without_resource()
WRITTEN = yaml.safe_load(
    (resources.files("drift_detector") / "mapping/without_resource.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("athena", "StartQueryExecution"),
        ("codepipeline", "PutJobSuccessResult"),
        ("ssm", "UpdateInstanceInformation"),
        ("kinesis", "PutRecord"),
        ("logs", "PutLogEvents"),
        ("cloudfront", "CreateInvalidation2020_05_31"),
        ("iam", "ChangePassword"),
        ("bedrock", "PutUseCaseForModelAccess"),
        ("securityhub", "BatchImportFindings"),
    ],
)
def test_what_is_run_sent_or_reported_is_no_resource(service: str, operation: str) -> None:
    """Such a call writes, but no state could hold what."""
    assert WITHOUT_RESOURCE.reason(CATALOG, service, operation)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ec2", "RunInstances"),
        ("cloudtrail", "StopLogging"),
        ("config", "StartConfigurationRecorder"),
        ("kms", "ScheduleKeyDeletion"),
        ("iam", "UploadSSHPublicKey"),
        ("kinesis", "StartStreamEncryption"),
        ("rds", "StopActivityStream"),
        ("apigateway", "CreateDeployment"),
        ("ds", "AuthorizeApplication"),
        ("shop", "CreateCart"),
    ],
)
def test_what_some_resource_may_hold_is_not_left_out(service: str, operation: str) -> None:
    """The mapping goes before the rules, and what nobody thought of is not excused."""
    assert WITHOUT_RESOURCE.reason(CATALOG, service, operation) is None


def test_nothing_that_the_mapping_is_sure_of_is_left_out() -> None:
    """A rule as wide as a verb must not cost an event that is understood."""
    sure = [rule for rule in CATALOG.events.values() if rule.service != "*" and rule.tier is not Tier.WEAK]
    assert [one for one in sure if WITHOUT_RESOURCE.reason(CATALOG, one.service, one.operation)] == []


def test_every_operation_is_named_with_its_service() -> None:
    """A glob without a service would never match."""
    globs = [glob for rule in WRITTEN["rules"] for glob in (*rule["operations"], *rule.get("but", ()))]
    assert [glob for glob in globs if glob.count(":") != 1] == []


def test_every_exception_is_one() -> None:
    """An exception to a rule that does not match it excuses nothing, and would mislead whoever reads it."""
    service_model = pytest.importorskip("mapping_generator.sources.service_model", reason="it reads botocore's models")
    from mapping_generator.generate import event_keys  # noqa: PLC0415 - as botocore it may be missing

    services = [service_model.load_service(name) for name in service_model.service_names()]
    known = {key for service in services for operation in service.writes for key in event_keys(service, operation)}
    idle = [
        glob
        for rule in WRITTEN["rules"]
        for glob in rule.get("but", ())
        if not any(
            fnmatchcase(key, glob) and any(fnmatchcase(key, meant) for meant in rule["operations"]) for key in known
        )
    ]
    assert idle == []
