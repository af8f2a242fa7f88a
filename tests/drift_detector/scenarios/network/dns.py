"""Route 53: records, zones, DNSSEC, query logs and resolver rules."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged

RECORD = "aws_route53_record.www"
ZONE = "aws_route53_zone.example"
ZONE_ID = "Z0123456789ABC"
MADE_ZONE = {"hostedZone": {"id": f"/hostedzone/{ZONE_ID}", "name": "example.com."}}
ZONE_ASKED = {"name": "example.com", "callerReference": "c-1"}
PRIVATE_ZONE = "aws_route53_zone.internal"
SIGNING = "aws_route53_hosted_zone_dnssec.example"
LOG = "aws_route53_query_log.example"
RULE = "aws_route53_resolver_rule.corp"
private_zone = placed(
    PRIVATE_ZONE,
    id="Z1",
    zone_id="Z1",
    name="internal.example",
    vpc=[{"vpc_id": "vpc-1", "vpc_region": "eu-central-1"}],
)
signing = placed(SIGNING, id="Z1", hosted_zone_id="Z1", signing_status="SIGNING")
log = placed(LOG, id="q-1", zone_id="Z1", cloudwatch_log_group_arn=arn("logs", "log-group:/dns"))
rule = placed(RULE, id="rslvr-rr-1", name="corp", domain_name="corp.example")
SIGNED_NO_MORE = ("route53:DisableHostedZoneDNSSEC", {"id": "Z1"})
FURTHER_NETWORK = {"hostedZoneId": "Z1", "vPC": {"vPCRegion": "eu-central-1", "vPCId": "vpc-2"}}
OBEYED = {"resolverRuleId": "rslvr-rr-1", "vPCId": "vpc-9"}


def record(**changes: Any) -> dict[str, Any]:
    """A name in a zone."""
    attributes: dict[str, Any] = {
        "id": "Z1_www.example.com_A",
        "zone_id": "Z1",
        "name": "www.example.com",
        "fqdn": "www.example.com",
        "type": "A",
        "ttl": 300,
        "records": ["192.0.2.1"],
        "set_identifier": "",
        "alias": [],
    }
    return placed(RECORD, **(attributes | changes))


def named(action: str, *addresses: str, ttl: int = 300, name: str = "www.example.com.") -> Step:
    """Somebody changes names in the zone."""
    records = {"name": name, "type": "A", "tTL": ttl, "resourceRecords": [{"value": one} for one in addresses]}
    changes = [{"action": action, "resourceRecordSet": records}]
    return called(5, "route53:ChangeResourceRecordSets", {"hostedZoneId": "Z1", "changeBatch": {"changes": changes}})


def zone(**changes: Any) -> dict[str, Any]:
    """A zone as a state holds it."""
    attributes = {"id": "Z1", "zone_id": "Z1", "name": "example.com", "comment": "Managed by Terraform", "tags": {}}
    return placed(ZONE, **(attributes | changes))


def cname_record(**changes: Any) -> dict[str, Any]:
    """A name in the zone."""
    attributes: dict[str, Any] = {
        "id": "Z1_www.example.com_CNAME",
        "zone_id": "Z1",
        "name": "www",
        "fqdn": "www.example.com",
        "type": "CNAME",
        "ttl": 300,
        "records": ["site.example.net"],
        "set_identifier": "",
        "alias": [],
        "health_check_id": "",
    }
    return placed(RECORD, **(attributes | changes))


def change(action: str, name: str, zone_id: str = "Z1", by: str = "jane", **given: Any) -> Step:
    """Somebody changes a name in the zone."""
    changes = [{"action": action, "resourceRecordSet": {"name": name, **given}}]
    request = {"hostedZoneId": zone_id, "changeBatch": {"changes": changes}}
    return called(5, "route53:ChangeResourceRecordSets", request, by=by)


def cname(value: str, ttl: int = 300) -> dict[str, Any]:
    """What a name stands for."""
    return {"type": "CNAME", "tTL": ttl, "resourceRecords": [{"value": value}]}


SCENARIOS: Scenarios = {
    # ---- Names
    "a record with another value is a drift": (
        [wrote(0, other(), record()), named("UPSERT", "203.0.113.9")],
        [modified(RECORD, "records", ["192.0.2.1"], ["203.0.113.9"])],
    ),
    "a name put unchanged is no drift": ([wrote(0, other(), record()), named("UPSERT", "192.0.2.1")], []),
    "a record's addresses in another order are equal": (
        [
            wrote(0, other(), record(records=["192.0.2.1", "192.0.2.2"])),
            named("UPSERT", "192.0.2.2", "192.0.2.1"),
        ],
        [],
    ),
    "a deleted record is a drift": (
        [wrote(0, other(), record()), named("DELETE", "192.0.2.1")],
        [deleted(RECORD, "Z1_www.example.com_A")],
    ),
    "a record created by hand in a managed zone is unmanaged": (
        [wrote(0, zone()), change("CREATE", "shop.Example.com.", **cname("site.example.net"))],
        [unmanaged("aws_route53_record", "Z1/shop.example.com/CNAME")],
    ),
    "a record in an unmanaged zone is ignored": (
        [wrote(0, zone()), change("CREATE", "shop.example.org", zone_id="Z2", **cname("site.example.net"))],
        [],
    ),
    "a record of a certificate's validation is ignored": (
        [wrote(0, zone()), change("UPSERT", "_0123.example.com.", **cname("_4567.acm-validations.aws."))],
        [],
    ),
    "a record that external-dns creates is ignored": (
        [
            wrote(0, zone()),
            change("CREATE", "app.example.com", by="external-dns-1736935200", **cname("lb.example.net")),
        ],
        [],
    ),
    "a record of a managed zone put unchanged is no drift": (
        [
            wrote(0, zone(), cname_record()),
            change("UPSERT", "WWW.example.com.", "/hostedzone/Z1", **cname("site.example.net")),
        ],
        [],
    ),
    "a record that becomes an alias drifts in records and alias": (
        [
            wrote(0, zone(), cname_record(type="A", records=["192.0.2.1"], id="Z1_www.example.com_A")),
            change(
                "UPSERT",
                "www.example.com",
                type="A",
                aliasTarget={
                    "hostedZoneId": "Z2FDTNDATAQYW2",
                    "dNSName": "d1.cloudfront.net.",
                    "evaluateTargetHealth": False,
                },
            ),
        ],
        [
            modified(RECORD, "ttl", 300, None),
            modified(RECORD, "records", ["192.0.2.1"], None),
            modified(
                RECORD,
                "alias",
                [],
                {"evaluate_target_health": False, "name": "d1.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2"},
            ),
        ],
    ),
    "a wildcard in Route 53's escaped form is found": (
        [
            wrote(0, zone(), cname_record(name="*", fqdn="*.example.com", id="Z1_*.example.com_CNAME")),
            change("DELETE", "\\052.example.com.", **cname("site.example.net")),
        ],
        [deleted(RECORD, "Z1_*.example.com_CNAME")],
    ),
    "a removed zone comment equals the provider's empty comment": (
        [wrote(0, zone()), called(5, "route53:UpdateHostedZoneComment", {"id": "Z1"})],
        [],
    ),
    "a zone tagged by hand is a drift of the tag": (
        [
            wrote(0, zone(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            called(
                5,
                "route53:ChangeTagsForResource",
                {"resourceType": "hostedzone", "resourceId": "Z1", "addTags": [{"key": "Env", "value": "dev"}]},
            ),
        ],
        [modified(ZONE, "tags.Env", "prod", "dev")],
    ),
    "a zone is created": (
        [wrote(0, web()), called(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE)],
        [unmanaged("aws_route53_zone", ZONE_ID)],
    ),
    "a zone is created and deleted": (
        [
            wrote(0, web()),
            called(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE),
            called(6, "route53:DeleteHostedZone", {"id": ZONE_ID}),
        ],
        [unmanaged("aws_route53_zone", ZONE_ID, end="reverted")],
    ),
    "Terraform creates a zone": (
        [
            wrote(0, web()),
            applied(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE),
            wrote(6, web(), placed("aws_route53_zone.shop", id=ZONE_ID, zone_id=ZONE_ID, name="example.com")),
        ],
        [],
    ),
    "a zone's DNSSEC signing is disabled": (
        [wrote(0, signing), called(5, *SIGNED_NO_MORE)],
        [modified(SIGNING, "signing_status", "SIGNING", "NOT_SIGNING")],
    ),
    "enabling DNSSEC signing that is enabled is no drift": (
        [wrote(0, signing), called(5, "route53:EnableHostedZoneDNSSEC", {"id": "/hostedzone/Z1"})],
        [],
    ),
    "a zone's query log is deleted": (
        [wrote(0, log), called(5, "route53:DeleteQueryLoggingConfig", {"id": "q-1"})],
        [deleted(LOG, "q-1")],
    ),
    "a private zone is associated with a further VPC": (
        [wrote(0, private_zone), called(5, "route53:AssociateVPCWithHostedZone", FURTHER_NETWORK)],
        [
            modified(
                PRIVATE_ZONE,
                "vpc",
                [{"vpc_id": "vpc-1", "vpc_region": "eu-central-1"}],
                [
                    {"vpc_id": "vpc-1", "vpc_region": "eu-central-1"},
                    {"vpc_id": "vpc-2", "vpc_region": "eu-central-1"},
                ],
            )
        ],
    ),
    "Terraform associates a private zone with a further VPC": (
        [wrote(0, private_zone), applied(5, "route53:AssociateVPCWithHostedZone", FURTHER_NETWORK)],
        [],
    ),
    "a managed resolver rule, and another's, are associated with a further VPC": (
        [
            wrote(0, rule),
            called(5, "route53resolver:AssociateResolverRule", OBEYED),
            called(6, "route53resolver:AssociateResolverRule", {**OBEYED, "resolverRuleId": "rslvr-rr-2"}),
        ],
        [unmanaged("aws_route53_resolver_rule_association", "rslvr-rr-1/vpc-9")],
    ),
}
