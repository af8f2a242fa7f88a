"""The edge, and the long tail behind it: zones, distributions, APIs, firewalls, brokers, user pools."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
from tests.drift_detector.scenarios.terms import (
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    spaced,
    text,
    unmanaged,
)

ZONE = "aws_route53_zone.example"
RECORD = "aws_route53_record.www"
DISTRIBUTION = "aws_cloudfront_distribution.site"
METHOD = "aws_api_gateway_method.orders"
STAGE = "aws_api_gateway_stage.prod"
ACL = "aws_wafv2_web_acl.site"
ACL_ARN = arn("wafv2", "regional/webacl/site/1")
BROKERS = "aws_msk_cluster.events"
BROKERS_ARN = arn("kafka", "cluster/events/01234567-abcd-3")
POOL = "aws_cognito_user_pool.people"
LISTENER = "aws_lb_listener.https"
LISTENER_ARN = arn("elasticloadbalancing", "listener/app/front/1/2")
ADMINISTRATORS = "aws_ssoadmin_permission_set_inline_policy.admins"
RULES = "aws_opensearchserverless_access_policy.logs"


def zone(**changes: Any) -> dict[str, Any]:
    """A zone as a state holds it."""
    attributes = {"id": "Z1", "zone_id": "Z1", "name": "example.com", "comment": "Managed by Terraform", "tags": {}}
    return placed(ZONE, **(attributes | changes))


def record(**changes: Any) -> dict[str, Any]:
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


def behaviour(pattern: str, **changes: Any) -> dict[str, Any]:
    """How a distribution serves some paths, as a state holds it."""
    return {"path_pattern": pattern, "target_origin_id": "site", "viewer_protocol_policy": "https-only", **changes}


def distribution(**changes: Any) -> dict[str, Any]:
    """A distribution as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "E1",
        "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
        "aliases": ["www.example.com"],
        "enabled": True,
        "http_version": "http2",
        "is_ipv6_enabled": True,
        "price_class": "PriceClass_100",
        "web_acl_id": "",
        "ordered_cache_behavior": [behaviour("/api/*"), behaviour("*.html")],
        "custom_error_response": [],
    }
    return placed(DISTRIBUTION, **(attributes | changes))


def publish(*patterns: str, **changes: Any) -> Step:
    """Somebody saves the whole configuration of the distribution."""
    served = [{"pathPattern": one, "targetOriginId": "site", "viewerProtocolPolicy": "https-only"} for one in patterns]
    config = {
        "callerReference": "1",
        "comment": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "aliases": {"quantity": 1, "items": ["www.example.com"]},
        "enabled": True,
        "httpVersion": "http2",
        "isIPV6Enabled": True,
        "priceClass": "PriceClass_100",
        "webACLId": "",
        "cacheBehaviors": {"quantity": len(served), "items": served},
        "customErrorResponses": {"quantity": 0},
        "staging": False,
        **changes,
    }
    return called(5, "cloudfront:UpdateDistribution2020_05_31", {"id": "E1", "distributionConfig": config})


def method(**changes: Any) -> dict[str, Any]:
    """A method of an API as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "agm-a1-r1-POST",
        "rest_api_id": "a1",
        "resource_id": "r1",
        "http_method": "POST",
        "authorization": "AWS_IAM",
        "api_key_required": True,
    }
    return placed(METHOD, **(attributes | changes))


def patch(**paths: str) -> Step:
    """Somebody patches the method."""
    patches = [{"op": "replace", "path": f"/{path}", "value": value} for path, value in paths.items()]
    request = {"restApiId": "a1", "resourceId": "r1", "httpMethod": "POST", "patchOperations": patches}
    return called(5, "apigateway:UpdateMethod", request)


def logged() -> dict[str, Any]:
    """Where the web ACL's log goes."""
    return placed(
        "aws_wafv2_web_acl_logging_configuration.site",
        id=ACL_ARN,
        resource_arn=ACL_ARN,
        log_destination_configs=[arn("firehose", "deliverystream/aws-waf-logs")],
    )


def brokers(**changes: Any) -> dict[str, Any]:
    """A cluster of brokers as a state holds it."""
    public = [{"public_access": [{"type": "DISABLED"}]}]
    attributes: dict[str, Any] = {
        "id": BROKERS_ARN,
        "arn": BROKERS_ARN,
        "cluster_name": "events",
        "number_of_broker_nodes": 3,
        "broker_node_group_info": [{"instance_type": "kafka.m5.large", "connectivity_info": public}],
        "tags": {"Env": "prod"},
        "tags_all": {"Env": "prod"},
    }
    return placed(BROKERS, **(attributes | changes))


def on_brokers(name: str, **request: Any) -> Step:
    """Somebody does something to the brokers, whose ARN stands in the URL's path."""
    encoded = BROKERS_ARN.replace(":", "%3A").replace("/", "%2F")
    return called(5, f"kafka:{name}", {"clusterArn": encoded, "currentVersion": "K1", **request})


def listener(**changes: Any) -> dict[str, Any]:
    """A listener as a state holds it."""
    attributes: dict[str, Any] = {
        "id": LISTENER_ARN,
        "arn": LISTENER_ARN,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    }
    return placed(LISTENER, **(attributes | changes))


def secured(name: str) -> Step:
    """Somebody sets which versions of TLS the listener speaks."""
    return called(5, "elasticloadbalancing:ModifyListener", {"listenerArn": LISTENER_ARN, "sslPolicy": name})


def administrators() -> dict[str, Any]:
    """A permission set's own policy as a state holds it."""
    return placed(
        ADMINISTRATORS,
        id="ps-1,ins-1",
        instance_arn="arn:aws:sso:::instance/ins-1",
        permission_set_arn="arn:aws:sso:::permissionSet/ins-1/ps-1",
        inline_policy=text(policy(allow())),
    )


def on_administrators(name: str, **request: Any) -> Step:
    """Somebody does something to the permission set."""
    names = {
        "instanceArn": "arn:aws:sso:::instance/ins-1",
        "permissionSetArn": "arn:aws:sso:::permissionSet/ins-1/ps-1",
    }
    return called(5, f"sso:{name}", names | request)


NAMES: Scenarios = {
    "a name written by hand into a managed zone is unmanaged": (
        [wrote(0, zone()), change("CREATE", "shop.Example.com.", **cname("site.example.net"))],
        [unmanaged("aws_route53_record", "Z1/shop.example.com/CNAME")],
    ),
    "a name in a zone of nobody is nobody's": (
        [wrote(0, zone()), change("CREATE", "shop.example.org", zone_id="Z2", **cname("site.example.net"))],
        [],
    ),
    "a certificate's challenge is nobody's": (
        [wrote(0, zone()), change("UPSERT", "_0123.example.com.", **cname("_4567.acm-validations.aws."))],
        [],
    ),
    "a name that a cluster gives is nobody's": (
        [
            wrote(0, zone()),
            change("CREATE", "app.example.com", by="external-dns-1736935200", **cname("lb.example.net")),
        ],
        [],
    ),
    "a name put as it is changes nothing": (
        [
            wrote(0, zone(), record()),
            change("UPSERT", "WWW.example.com.", "/hostedzone/Z1", **cname("site.example.net")),
        ],
        [],
    ),
    "a name that becomes an alias is a drift of both": (
        [
            wrote(0, zone(), record(type="A", records=["192.0.2.1"], id="Z1_www.example.com_A")),
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
    "a wildcard in Route 53's own letters is the wildcard": (
        [
            wrote(0, zone(), record(name="*", fqdn="*.example.com", id="Z1_*.example.com_CNAME")),
            change("DELETE", "\\052.example.com.", **cname("site.example.net")),
        ],
        [deleted(RECORD, "Z1_*.example.com_CNAME")],
    ),
    "a zone's comment taken off is as the provider writes it": (
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
}

SITES: Scenarios = {
    "a distribution saved as it is changes nothing": ([wrote(0, distribution()), publish("/api/*", "*.html")], []),
    "one member of a distribution is one drift": (
        [wrote(0, distribution()), publish("/api/*", "*.html", priceClass="PriceClass_All")],
        [modified(DISTRIBUTION, "price_class", "PriceClass_100", "PriceClass_All")],
    ),
    "a distribution's behaviours in another order are others": (
        [wrote(0, distribution()), publish("*.html", "/api/*")],
        [
            modified(
                DISTRIBUTION,
                "ordered_cache_behavior",
                [behaviour("/api/*"), behaviour("*.html")],
                [behaviour("*.html"), behaviour("/api/*")],
            )
        ],
    ),
    "a distribution tagged in its own shape is a drift of the tag": (
        [
            wrote(0, distribution(tags={}, tags_all={})),
            called(
                5,
                "cloudfront:TagResource2020_05_31",
                {
                    "resource": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
                    "tags": {"items": [{"key": "Env", "value": "prod"}]},
                },
            ),
        ],
        [modified(DISTRIBUTION, "tags.Env", None, "prod")],
    ),
    "a listener's other policy for TLS is a drift": (
        [wrote(0, listener()), secured("ELBSecurityPolicy-2016-08")],
        [modified(LISTENER, "ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08")],
    ),
    "a listener's policy for TLS as it is changes nothing": (
        [wrote(0, listener()), secured("ELBSecurityPolicy-TLS13-1-2-2021-06")],
        [],
    ),
}

APIS: Scenarios = {
    "a method opened to anyone is a drift": (
        [wrote(0, method()), patch(authorizationType="NONE")],
        [modified(METHOD, "authorization", "AWS_IAM", "NONE")],
    ),
    "a method patched to what it has changes nothing": (
        [wrote(0, method()), patch(authorizationType="AWS_IAM", apiKeyRequired="true")],
        [],
    ),
    "a method put anew as it is changes nothing": (
        [
            wrote(0, method()),
            called(
                5,
                "apigateway:PutMethod",
                {
                    "restApiId": "a1",
                    "resourceId": "r1",
                    "httpMethod": "POST",
                    "putMethodInput": {"authorizationType": "AWS_IAM", "apiKeyRequired": True},
                },
            ),
        ],
        [],
    ),
    "a stage traced as it is changes nothing": (
        [
            wrote(
                0,
                placed(
                    STAGE,
                    id="ags-a1-prod",
                    rest_api_id="a1",
                    stage_name="prod",
                    xray_tracing_enabled=True,
                    variables={},
                    description="",
                ),
            ),
            called(
                5,
                "apigateway:UpdateStage",
                {
                    "restApiId": "a1",
                    "stageName": "prod",
                    "patchOperations": [{"op": "replace", "path": "/tracingEnabled", "value": "true"}],
                },
            ),
        ],
        [],
    ),
    "a stage's variable is a drift of it alone": (
        [
            wrote(
                0,
                placed(STAGE, id="ags-a1-prod", rest_api_id="a1", stage_name="prod", variables={"backend": "blue"}),
            ),
            called(
                5,
                "apigateway:UpdateStage",
                {
                    "restApiId": "a1",
                    "stageName": "prod",
                    "patchOperations": [{"op": "replace", "path": "/variables/backend", "value": "green"}],
                },
            ),
        ],
        [modified(STAGE, "variables.backend", "blue", "green")],
    ),
}

TAIL: Scenarios = {
    "a web ACL's log taken off is a drift": (
        [wrote(0, logged()), called(5, "wafv2:DeleteLoggingConfiguration", {"resourceArn": ACL_ARN})],
        [deleted("aws_wafv2_web_acl_logging_configuration.site", ACL_ARN)],
    ),
    "a web ACL that lets pass what it stopped is a drift": (
        [
            wrote(
                0,
                placed(
                    ACL, id="1", arn=ACL_ARN, name="site", scope="REGIONAL", default_action=[{"block": [{}]}], rule=[]
                ),
            ),
            called(
                5,
                "wafv2:UpdateWebACL",
                {"name": "site", "id": "1", "scope": "REGIONAL", "defaultAction": {"allow": {}}, "rules": []},
            ),
        ],
        [modified(ACL, "default_action", [{"block": [{}]}], "allow")],
    ),
    "brokers opened to the internet are a drift": (
        [
            wrote(0, brokers()),
            on_brokers("UpdateConnectivity", connectivityInfo={"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}),
        ],
        [
            modified(
                BROKERS,
                "broker_node_group_info[0].connectivity_info[0].public_access[0].type",
                "DISABLED",
                "SERVICE_PROVIDED_EIPS",
            )
        ],
    ),
    "as many brokers as before change nothing": (
        [wrote(0, brokers()), on_brokers("UpdateBrokerCount", targetNumberOfBrokerNodes=3)],
        [],
    ),
    "brokers deleted by hand are a drift": (
        [wrote(0, brokers()), on_brokers("DeleteCluster")],
        [deleted(BROKERS, BROKERS_ARN)],
    ),
    "people who need no second factor any more are a drift": (
        [
            wrote(
                0,
                placed(
                    POOL,
                    id="eu-central-1_AbCdEf",
                    arn=arn("cognito-idp", "userpool/eu-central-1_AbCdEf"),
                    mfa_configuration="ON",
                    software_token_mfa_configuration=[{"enabled": True}],
                ),
            ),
            called(
                5, "cognito-idp:SetUserPoolMfaConfig", {"userPoolId": "eu-central-1_AbCdEf", "mfaConfiguration": "OFF"}
            ),
        ],
        [modified(POOL, "mfa_configuration", "ON", "OFF")],
    ),
    "a mount target's groups in another order are the same": (
        [
            wrote(0, placed("aws_efs_mount_target.a", id="fsmt-1", security_groups=["sg-1", "sg-2"])),
            called(
                5,
                "elasticfilesystem:ModifyMountTargetSecurityGroups",
                {"mountTargetId": "fsmt-1", "securityGroups": ["sg-2", "sg-1"]},
            ),
        ],
        [],
    ),
    "an export tagged in its own words is a drift of the tag": (
        [
            wrote(
                0,
                placed(
                    "aws_bcmdataexports_export.costs",
                    id=arn("bcm-data-exports", "export/costs"),
                    arn=arn("bcm-data-exports", "export/costs"),
                    tags={},
                    tags_all={},
                ),
            ),
            called(
                5,
                "bcm-data-exports:TagResource",
                {
                    "resourceArn": arn("bcm-data-exports", "export/costs"),
                    "resourceTags": [{"key": "Env", "value": "prod"}],
                },
            ),
        ],
        [modified("aws_bcmdataexports_export.costs", "tags.Env", None, "prod")],
    ),
    "a collection's rules written with other spaces are the same": (
        [
            wrote(0, placed(RULES, id="logs", name="logs", type="data", policy=text([{"Rules": [], "Principal": []}]))),
            called(
                5,
                "aoss:UpdateAccessPolicy",
                {
                    "name": "logs",
                    "type": "data",
                    "policyVersion": "1",
                    "policy": spaced([{"Rules": [], "Principal": []}]),
                },
            ),
        ],
        [],
    ),
    "a permission set's own policy taken off is a drift": (
        [wrote(0, administrators()), on_administrators("DeleteInlinePolicyFromPermissionSet")],
        [deleted(ADMINISTRATORS, "ps-1,ins-1")],
    ),
    "a permission set's own policy put as it is changes nothing": (
        [
            wrote(0, administrators()),
            on_administrators("PutInlinePolicyToPermissionSet", inlinePolicy=spaced(policy(allow()))),
        ],
        [],
    ),
    "a permission set that may do anything is a drift": (
        [
            wrote(0, administrators()),
            on_administrators("PutInlinePolicyToPermissionSet", inlinePolicy=text(policy(allow("*")))),
        ],
        [modified(ADMINISTRATORS, "inline_policy", text(policy(allow())), text(policy(allow("*"))))],
    ),
}

SCENARIOS: Scenarios = NAMES | SITES | APIS | TAIL
