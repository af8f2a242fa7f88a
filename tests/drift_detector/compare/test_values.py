"""When a claim and a record are the same thing."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.resource_types import ONE_TAG, PLAIN, Comparison
from drift_detector.compare.apply_operation import apply, per_tag
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.call import Operation, Verb
from drift_detector.facts.mapping_terms import Comparator
from drift_detector.facts.no_value import MISSING
from tests.drift_detector.compare.agreement import agreement
from tfdrift.envelope import canonical_json

SAME, DIFFERENT, UNKNOWN = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNKNOWN
SET, OFF = Comparison(Comparator.SET), Comparison(unset=(False,))
PROTOCOL = Comparison(Comparator.PROTOCOL)
BLOCKS = load_catalog().comparison("aws_iam_role", "inline_policy")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0aaa"


def _hasher(value: object) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _hidden(value: object) -> dict[str, str]:
    return {"tfdrift:sensitive": _hasher(value)}


@pytest.mark.parametrize(
    ("claimed", "recorded", "comparison", "verdict"),
    [
        # Numbers and booleans as text
        ("8", 8, PLAIN, SAME),
        (8, "8", PLAIN, SAME),
        ("8", 9, PLAIN, DIFFERENT),
        (True, "true", PLAIN, SAME),
        ("false", False, PLAIN, SAME),
        (True, 1, PLAIN, DIFFERENT),
        ("8", "8.0", PLAIN, DIFFERENT),
        ("t3.large", "t3.micro", PLAIN, DIFFERENT),
        # Unset in its spellings, and what is set
        ("", None, PLAIN, SAME),
        (None, [], PLAIN, SAME),
        ([], {}, PLAIN, SAME),
        (None, MISSING, PLAIN, SAME),
        (False, None, PLAIN, DIFFERENT),
        (0, "", PLAIN, DIFFERENT),
        (False, None, OFF, SAME),
        ("false", MISSING, OFF, SAME),
        (True, None, OFF, DIFFERENT),
        (None, -1, Comparison(unset=(-1,)), SAME),
        # Protocols by name and by number
        ("6", "tcp", PROTOCOL, SAME),
        ("-1", "all", PROTOCOL, SAME),
        (17, "UDP", PROTOCOL, SAME),
        ("58", "icmpv6", PROTOCOL, SAME),
        ("6", "udp", PROTOCOL, DIFFERENT),
        ("6", "-1", PROTOCOL, DIFFERENT),
        ("hash", None, Comparison(optional=True), SAME),
        ("hash", "other", Comparison(optional=True), DIFFERENT),
        # Tags may be empty
        ("", None, ONE_TAG, DIFFERENT),
        (None, "x", ONE_TAG, DIFFERENT),
        (None, MISSING, ONE_TAG, SAME),
        # Lists and sets, blocks as lists of one
        (["a", "b"], ["b", "a"], PLAIN, DIFFERENT),
        (["a", "b"], ["b", "a"], SET, SAME),
        (["a"], ["b", "a"], SET, DIFFERENT),
        (["a", 1], ["1", "a"], SET, SAME),
        ("a", ["a"], SET, SAME),
        ({"mode": "Active"}, [{"mode": "Active"}], PLAIN, SAME),
        ({"a": 1, "b": None}, {"a": "1"}, PLAIN, SAME),
        ({"a": 1}, {"a": 2}, PLAIN, DIFFERENT),
        # Names, ARNs and aliases
        (KEY, "0aaa", Comparison(Comparator.ARN_OR_NAME), SAME),
        (KEY, "aaa", Comparison(Comparator.ARN_OR_NAME), DIFFERENT),
        ("alias/app", KEY, Comparison(Comparator.ARN_OR_NAME), UNKNOWN),
        ("sg-7", "210987654321/sg-7", Comparison(Comparator.ARN_OR_NAME), SAME),
        ("g-7", "210987654321/sg-7", Comparison(Comparator.ARN_OR_NAME), DIFFERENT),
        # Texts of a kind
        ("10.0.0.0/8", "10.0.0.0/8", Comparison(Comparator.CIDR), SAME),
        ("2001:DB8::/32", "2001:db8:0::/32", Comparison(Comparator.CIDR), SAME),
        (["::/0", "10.1.2.3/8"], ["10.0.0.0/8", "0::/0"], Comparison(Comparator.CIDR), SAME),
        ("8.0", "8.0.32", Comparison(Comparator.VERSION), SAME),
        ("8.0.35", "8.0.32", Comparison(Comparator.VERSION), DIFFERENT),
        ("8", "80", Comparison(Comparator.VERSION), DIFFERENT),
        ("1000m", "1", Comparison(Comparator.QUANTITY), SAME),
        ("0.5Gi", "512Mi", Comparison(Comparator.QUANTITY), SAME),
        (2, "2000m", Comparison(Comparator.QUANTITY), SAME),
        ("1G", "1Gi", Comparison(Comparator.QUANTITY), DIFFERENT),
        ("lots", "1Gi", Comparison(Comparator.QUANTITY), DIFFERENT),
        ("Mon:00:00", "mon:00:00", Comparison(Comparator.TEXT_FOLDED), SAME),
        ('{"a": [1, 2]}', '{"a":[1,2]}', Comparison(Comparator.JSON), SAME),
        ('{"a": [1, 2]}', {"a": [2, 1]}, Comparison(Comparator.JSON), DIFFERENT),
        (base64.b64encode(b"#!").decode(), "#!", Comparison(Comparator.USER_DATA), SAME),
        ("#!", hashlib.sha1(b"#!").hexdigest(), Comparison(Comparator.USER_DATA), SAME),
        ("#!", "#?", Comparison(Comparator.USER_DATA), DIFFERENT),
        # Blocks by the members that the call gives, policies in them as policies
        ([{"name": "p", "policy": '{"Statement": []}'}], [{"name": "p", "policy": '{"Statement":[]}'}], BLOCKS, SAME),
        ([{"name": "p", "policy": '{"Statement": []}'}], [{"name": "p", "policy": "{}", "x": 1}], BLOCKS, SAME),
        ([{"name": "p", "policy": '{"Id": "1"}'}], [{"name": "p", "policy": '{"Id": "2"}'}], BLOCKS, DIFFERENT),
    ],
)
def test_a_claim_and_a_record_are(claimed: Any, recorded: Any, comparison: Comparison, verdict: Verdict) -> None:
    """The same thing has many spellings; another thing must not hide behind one."""
    assert same(claimed, recorded, comparison) is verdict


@pytest.mark.parametrize(
    ("claimed", "recorded", "comparison", "verdict"),
    [
        ("secret", _hidden("secret"), PLAIN, SAME),
        ("other", _hidden("secret"), PLAIN, DIFFERENT),
        (5432, _hidden("5432"), PLAIN, SAME),
        ({"a": 1}, _hidden({"a": 2}), PLAIN, UNKNOWN),
        ({"user": "u", "pass": "secret"}, {"user": "u", "pass": _hidden("secret")}, PLAIN, SAME),
        ({"user": "v", "pass": "secret"}, {"user": "u", "pass": _hidden("secret")}, PLAIN, DIFFERENT),
    ],
)
def test_a_hidden_value_is_compared_by_its_hash(
    claimed: Any, recorded: Any, comparison: Comparison, verdict: Verdict
) -> None:
    """With the key a hash tells whether a value is the same; a structure has too many spellings to tell another."""
    assert same(claimed, recorded, comparison, _hasher) is verdict


def test_a_hidden_value_is_unknown_without_the_key() -> None:
    """Never the same, never another."""
    assert same("secret", _hidden("secret")) is UNKNOWN
    assert same(None, _hidden("secret")) is UNKNOWN


ROOT = "arn:aws:iam::123456789012:root"


def _policy(**changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", **changes}
    given = {key: value for key, value in statement.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [given]}


def _if(operator: str, key: str, value: Any) -> dict[str, Any]:
    return _policy(Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (_policy(), _policy(), SAME),
        (_policy(), _policy(Action=["s3:get*"], Resource=["*"], Sid=""), SAME),
        (_policy(Action=["a:x", "a:y"]), _policy(Action=["a:y", "a:x", "a:x"]), SAME),
        (_policy(), {**_policy(), "Statement": _policy()["Statement"][0]}, SAME),
        (_policy(), _policy(Effect="Deny"), DIFFERENT),
        (_policy(), _policy(Sid="x"), DIFFERENT),
        (_policy(), {**_policy(), "Version": "2008-10-17"}, DIFFERENT),
        (_policy(), {"Version": "2012-10-17", "Statement": []}, DIFFERENT),
        (_policy(Resource="A"), _policy(Resource="a"), DIFFERENT),
        (_policy(), _policy(Action=None, NotAction="s3:Get*"), DIFFERENT),
        (_policy(Principal="*"), _policy(Principal={"AWS": "*"}), SAME),
        (_policy(Principal={"AWS": "123456789012"}), _policy(Principal={"AWS": [ROOT]}), SAME),
        (_policy(Principal={"AWS": ROOT}), _policy(Principal={"AWS": ROOT.replace(":root", ":user/a")}), DIFFERENT),
        (_policy(Principal={"AWS": "*"}), _policy(Principal={"Service": "*"}), DIFFERENT),
        (_if("Bool", "aws:SecureTransport", "false"), _if("Bool", "aws:securetransport", [False]), SAME),
        (_if("NumericEquals", "s3:max-keys", 10), _if("NumericEquals", "s3:max-keys", "10"), SAME),
        (_if("Bool", "aws:SecureTransport", "false"), _policy(), DIFFERENT),
        (_policy(Condition={}), _policy(), SAME),
    ],
)
def test_policies_are_compared_as_policies(one: Any, other: Any, verdict: Verdict) -> None:
    """Order, one-element lists and the ways of naming everybody say nothing."""
    comparison = Comparison(Comparator.JSON_POLICY)
    assert same(one, json.dumps(other, indent=1), comparison) is verdict
    assert same(json.dumps(other), one, comparison) is verdict


def test_statements_are_put_into_a_policy_and_taken_out_by_their_sid() -> None:
    """A permission of a queue or topic is one statement; what a service makes of none at all is not known."""
    comparison = Comparison(Comparator.JSON_POLICY)
    one, other = ({"Sid": name, "Effect": "Allow", "Action": "a:x"} for name in ("one", "other"))
    policy = json.dumps({"Version": "2008-10-17", "Id": "own", "Statement": one}, indent=1)
    add = Operation(attribute="policy", verb=Verb.ADD, value=[other])
    remove = Operation(attribute="policy", verb=Verb.REMOVE, value=[{"Sid": "other"}])
    both = apply(add, policy, comparison)
    assert same(both, {"Version": "2008-10-17", "Id": "own", "Statement": [other, one]}, comparison) is SAME
    assert apply(add, both, comparison) == both
    assert same(apply(remove, both, comparison), policy, comparison) is SAME
    assert apply(remove, policy, comparison) == policy
    assert agreement(add, "", comparison) is UNKNOWN
    assert agreement(remove, "", comparison) is SAME


def test_a_url_encoded_policy_is_a_policy() -> None:
    """IAM's responses encode them."""
    encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"
    assert same(encoded, '{"Statement": [], "Version": "2012-10-17"}', Comparison(Comparator.JSON_POLICY)) is SAME


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
HOWS = st.sampled_from([Comparison(how) for how in Comparator])


@given(VALUES, HOWS)
def test_every_value_is_the_same_as_itself(value: Any, comparison: Comparison) -> None:
    """Whatever the comparator, and whether or not the value is of its kind."""
    assert same(value, json.loads(json.dumps(value)), comparison) is SAME


DIRECTED = (Comparator.BLOCKS, Comparator.CHOICE, Comparator.LB_ACTIONS)


@given(VALUES, VALUES, st.sampled_from([Comparison(how) for how in Comparator if how not in DIRECTED]))
def test_being_the_same_has_no_direction(one: Any, other: Any, comparison: Comparison) -> None:
    """Except where the claim gives but a part of what is recorded, as of blocks and actions, or a name, of choices."""
    assert same(one, other, comparison) is same(other, one, comparison)


@given(st.lists(st.text(max_size=3), unique=True), st.randoms())
def test_a_set_has_no_order(values: list[str], random: Any) -> None:
    """The provider sorts sets by hashes, the cloud as it likes."""
    shuffled = list(values)
    random.shuffle(shuffled)
    assert same(values, shuffled, SET) is SAME


def test_an_unknown_claim_is_unknown() -> None:
    """What the log hides is neither the record's value nor another, and never empty."""
    assert agreement(Operation(attribute="password", unknown=True), None) is UNKNOWN


def test_elements_are_added_once_and_removed_if_there() -> None:
    """Adding what is there and removing what is not agree with the record."""
    current = ["a", "b"]
    added, removed = (Operation(attribute="x", verb=verb, value=["b"]) for verb in (Verb.ADD, Verb.REMOVE))
    assert apply(added, current, SET) == ["a", "b"]
    assert apply(removed, current, SET) == ["a"]
    assert apply(added, MISSING, SET) == ["b"]
    assert agreement(added, current, SET) is SAME
    assert agreement(removed, current, SET) is DIFFERENT
    assert agreement(removed, None, SET) is SAME
    assert current == ["a", "b"]


def test_a_tag_is_removed_only_if_it_has_the_value() -> None:
    """EC2 deletes a tag that is given with a value only where the tag has it."""
    gone = Operation(attribute="tags.Env", verb=Verb.REMOVE, value=["prod"])
    assert apply(gone, "prod", ONE_TAG) is None
    assert apply(gone, "test", ONE_TAG) == "test"
    assert apply(gone, None, ONE_TAG) is None


def test_a_set_that_is_hidden_stays_unknown() -> None:
    """Nobody knows whether the element was there."""
    assert agreement(Operation(attribute="x", verb=Verb.ADD, value=["b"]), _hidden(["a"]), SET) is UNKNOWN


def test_a_block_is_replaced_and_removed_by_its_key() -> None:
    """Putting an inline policy of the same name overwrites it; deleting one gives only the name."""
    current = [{"name": "p", "policy": "{}"}, {"name": "q", "policy": "{}"}]
    put = Operation(attribute="inline_policy", verb=Verb.ADD, value=[{"name": "p", "policy": '{"Statement": []}'}])
    gone = Operation(attribute="inline_policy", verb=Verb.REMOVE, value=[{"name": "p"}])
    assert apply(put, current, BLOCKS) == [current[1], put.value[0]]
    assert apply(gone, current, BLOCKS) == [current[1]]


def test_all_tags_at_once_become_one_operation_each() -> None:
    """A tag that is recorded and not given is taken away."""
    operation = Operation(attribute="tags", value={"Env": "prod"})
    assert per_tag(operation, {"Env": "dev", "Team": "ops"}) == (
        Operation(attribute="tags.Env", value="prod"),
        Operation(attribute="tags.Team", value=None),
    )
    other = Operation(attribute="name", value="x")
    assert per_tag(other, None) == (other,)


def test_blocks_in_order_are_others_in_another() -> None:
    """The first behaviour whose pattern fits a path is the one that is served."""
    first, second = {"path_pattern": "/api/*", "compress": True}, {"path_pattern": "*", "compress": False}
    ordered = Comparison(Comparator.BLOCKS, key=("path_pattern",), ordered=True)
    assert same([first, second], [first, second], ordered) is Verdict.SAME
    assert same([second, first], [first, second], ordered) is Verdict.DIFFERENT
    assert same([first], [first, second], ordered) is Verdict.DIFFERENT
    assert same([second, first], [first, second], msgspec.structs.replace(ordered, ordered=False)) is Verdict.SAME


def test_a_policy_of_a_services_own_is_compared_as_json() -> None:
    """A list of rules is no document of IAM's, and may be written with other spaces."""
    how = Comparison(Comparator.JSON_POLICY)
    assert same('[{"Rules": [1]}]', '[{"Rules":[1]}]', how) is Verdict.SAME
    assert same('[{"Rules": [2]}]', '[{"Rules":[1]}]', how) is Verdict.DIFFERENT
