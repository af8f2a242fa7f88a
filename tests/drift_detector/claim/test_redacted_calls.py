"""What a call claims does not depend on the redaction of its secrets, apart from their values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.facts.call import Call
from tests.drift_detector.claim.test_calls import CASES, CATALOG
from tests.drift_detector.cloudtrail import alert_of
from tfdrift.events import CloudCall
from tfdrift.redaction import Walk, redact_call

Outline = list[list[tuple[str, dict[str, str], list[str]]]]


def outline(call: Call | None) -> Outline:
    """The targets of a call with their identities and the attributes that are claimed, without values."""
    if call is None:
        return []
    return [
        [(target.type, dict(target.identity), [str(one.attribute) for one in target.operations]) for target in group]
        for group in call.groups
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_redacted_call_claims_the_same_attributes_of_the_same_resources(case: dict[str, Any]) -> None:
    """No id, name or other value that the mapping reads is lost to a rule for secrets."""
    event, envelope = alert_of(case["record"])
    assert envelope.call is not None
    call = redact_call(Walk(b"key"), event, CloudCall.model_validate_json(envelope.call))
    redacted = replace(envelope, call=call.encode())
    assert outline(call_of(event, redacted, CATALOG)) == outline(call_of(event, envelope, CATALOG))
