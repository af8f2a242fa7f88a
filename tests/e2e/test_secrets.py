"""No secret of a state, a call or an alert is anywhere: not on the stream, in REST, metrics, logs, NATS or on disk."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import nats.js.errors

from tests.e2e.alerts import cloud_call, moments, resize, shell
from tests.e2e.estate import instance, instance_id, resource, state
from tests.pipeline import SERVICES, Pipeline, running


class Planter:
    """Makes secrets that are all different, and remembers them with their kinds."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self._numbers = itertools.count()

    def __call__(self, kind: str) -> str:
        """A secret of a kind: letters and digits, so that it is found however it is quoted."""
        secret = f"hunter{next(self._numbers):03d}correcthorsebattery"
        self.planted[secret] = kind
        return secret

    @property
    def kinds(self) -> set[str]:
        """Every kind that was planted."""
        return set(self.planted.values())


# Texts with a secret in them, by kind.
TEXTS = {
    "URL with a password": "see postgres://app:{}@db.example.com/app",
    "URL with a password alone": "redis://:{}@cache:6379/0",
    "JDBC URL": "jdbc:postgresql://db/app?user=app&password={}&ssl=true",
    "Oracle JDBC URL": "jdbc:oracle:thin:scott/{}@//db:1521/x",
    "libpq connection string": "host=db user=app password={} dbname=app",
    "Go connection string": "app:{}@tcp(db:3306)/app",
    "ADO connection string": "Server=tcp:x,1433;User ID=a;Password={};Encrypt=true",
    "storage connection string": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={}==",
    "flag and value": "job --db_password {} --verbose",
    "flag with a value": "job --db-password={}",
    "Java property": "java -Djavax.net.ssl.keyStorePassword={} -jar app.jar",
    "environment file": "DB_HOST=db\nDB_PASSWORD={}\n",
    "YAML": "database:\n  host: db\n  password: {}\n",
    "YAML pair": "env:\n  - name: API_TOKEN\n    value: {}\n",
    "HCL": 'password = "{}"',
    "XML": "<config><password>{}</password></config>",
    "curl user": "curl -u deploy:{} https://example.com",
    "mysql flag": "mysql -h db -u root -p{} app",
    "sshpass": "sshpass -p {} ssh root@host",
    "netrc": "machine example.com login deploy password {}",
    "bearer token": "curl -H 'Authorization: Bearer {}'",
    "Slack webhook": "https://hooks.slack.com/services/T0/B0/{}",
    "shared access signature": "https://a.blob.core.windows.net/a.zip?sv=2024-11-04&sig={}",
    "docker variable": "docker run -e DB_PASSWORD={} app",
    "GitHub token": "use ghp_{}aaaaaaaaaaaa now",
    "private key": "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----",
}
# Names of variables that people give to secrets.
NAMES = (
    "SECRET_KEY ENCRYPTION_KEY RAILS_MASTER_KEY SIGNING_KEY JWT_SIGNING_KEY SESSION_KEY HMAC_KEY SMTP_CREDENTIALS"
    " PGPASS DB_PW REDIS_AUTH BASIC_AUTH API_TOKENS CLIENT_SECRETS PASSWORD_OLD AZURE_STORAGE_KEY SALT SENTRY_DSN"
)


def estate(plant: Planter, web: str) -> dict[str, Any]:
    """A state with a secret of every kind."""
    variables = {name: plant(f"variable {name}") for name in NAMES.split()}
    texts = {f"note_{number}": text.format(plant(kind)) for number, (kind, text) in enumerate(TEXTS.items())}
    header = [{"name": "x-origin", "value": plant("CloudFront custom header")}]
    connection = [{"api_key": [{"key": "k", "value": plant("EventBridge API key")}]}]
    resources: dict[str, dict[str, Any]] = {
        "aws_lambda_function.app": {"environment": [{"variables": variables}]},
        "aws_ssm_document.notes": texts,
        "aws_db_instance.db": {"id": "db", "identifier": "db", "password": plant("db password")},
        "aws_ssm_parameter.p": {"value": plant("SSM parameter")},
        "aws_secretsmanager_secret_version.s": {"secret_string": plant("secret string")},
        "aws_cloudwatch_event_connection.c": {"auth_parameters": connection},
        "aws_cloudfront_distribution.d": {"origin": [{"custom_header": header}]},
        "azurerm_linux_web_app.w": {"custom_domain_verification_id": plant("domain verification id")},
        "azurerm_resource_group_template_deployment.t": {
            "parameters_content": json.dumps({"adminPassword": {"value": plant("ARM parameter")}})
        },
        "google_sql_database_instance.g": {"root_password": plant("Cloud SQL root password")},
        "google_compute_instance.m": {"metadata_startup_script": f"echo {plant('startup script')}"},
        "google_compute_instance.n": {"metadata": {"startup-script": plant("startup script in metadata")}},
        "aws_sagemaker_notebook_instance_lifecycle_configuration.l": {"on_start": plant("on_start")},
        "aws_launch_template.u": {"user_data": base64.b64encode(plant("user data").encode()).decode()},
        "kubernetes_secret_v1.k": {"data": {"any": plant("Kubernetes secret")}},
        "kubernetes_config_map_v1.k": {"data": {"app.properties": f"db.password={plant('config map')}"}},
        "random_password.r": {"result": plant("random password")},
        "tls_private_key.t": {"private_key_pem": plant("TLS private key")},
        "helm_release.h": {"set_sensitive": [{"name": "a", "value": plant("Helm value")}]},
    }
    found = [resource(*name.split("."), attributes={"id": name, **values}) for name, values in resources.items()]
    return state(1, instance(web), *found)


def calls(plant: Planter, times: Iterator[datetime]) -> Iterator[dict[str, Any]]:
    """Alerts of calls with secrets of every kind, of AWS."""
    pairs = [{"name": name, "value": plant(f"variable {name}")} for name in NAMES.split()]
    requests: list[tuple[str, str, Any, Any]] = [
        ("ecs", "RegisterTaskDefinition", {"containerDefinitions": [{"environment": pairs}]}, None),
        ("iam", "CreateLoginProfile", {"userName": "a", "password": plant("login password")}, None),
        ("iam", "CreateAccessKey", {"userName": "a"}, {"accessKey": {"secretAccessKey": plant("access key")}}),
        ("ssm", "PutParameter", {"name": "/p", "value": plant("SSM parameter")}, None),
        ("secretsmanager", "PutSecretValue", {"secretId": "s", "secretString": plant("secret string")}, None),
        ("ec2", "RunInstances", {"userData": plant("user data")}, None),
        (
            "rds",
            "ModifyDBInstance",
            {"dBInstanceIdentifier": "app-db", "masterUserPassword": plant("database password")},
            None,
        ),
        (
            "glue",
            "UpdateJob",
            {"jobName": "j", "jobUpdate": {"defaultArguments": {"--db_password": plant("Glue argument")}}},
            None,
        ),
        (
            "codebuild",
            "UpdateProject",
            {"name": "p", "environment": {"environmentVariables": [{"name": "API_KEY", "value": plant("CodeBuild")}]}},
            None,
        ),
        (
            "events",
            "PutTargets",
            {"rule": "r", "targets": [{"id": "t", "input": json.dumps({"token": plant("EventBridge input")})}]},
            None,
        ),
        (
            "sagemaker",
            "CreateNotebookInstanceLifecycleConfig",
            {"onStart": [{"content": plant("on_start")}]},
            None,
        ),
        ("example", "UnmappedOperation", {"harmless": plant("request of an unmapped call")}, None),
    ]
    for source, name, request, response in requests:
        yield cloud_call(name, request, next(times), source=source, response=response)
    for kind, text in TEXTS.items():
        request = {"stageName": "s", "restApiId": "a", "description": text.format(plant(kind))}
        yield cloud_call("CreateDeployment", request, next(times), source="apigateway")
    failed = {"harmless": plant("request of a failed call")}
    yield cloud_call("ModifyInstanceAttribute", failed, next(times), error="Client.UnauthorizedOperation")
    reading = {"harmless": plant("request of a reading call")}
    yield cloud_call("DescribeInstances", reading, next(times), read_only=True)
    answer = {"credentials": {"sessionToken": plant("session token"), "secretAccessKey": plant("access key")}}
    yield cloud_call("AssumeRole", {}, next(times), source="sts", response=answer)


def other_clouds(plant: Planter, at: datetime) -> Iterator[dict[str, Any]]:
    """Alerts of Google Cloud, Azure and Kubernetes with secrets in their entries."""
    time = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    google = {
        "insertId": "g1",
        "timestamp": time,
        "protoPayload": {
            "serviceName": "compute.googleapis.com",
            "methodName": "v1.compute.instances.insert",
            "resourceName": "projects/p/zones/z/instances/m",
            "authenticationInfo": {"principalEmail": "ann@example.com"},
            "request": {"metadata": {"items": [{"key": "startup-script", "value": plant("startup script")}]}},
        },
        "resource": {"type": "gce_instance", "labels": {"project_id": "p"}},
    }
    azure = {
        "time": time,
        "operationName": "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
        "resultType": "Success",
        "correlationId": "c1",
        "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m",
        "properties": {
            "requestbody": json.dumps({"properties": {"osProfile": {"adminPassword": plant("admin password")}}})
        },
    }
    kubernetes = {
        "auditID": "k1",
        "stage": "ResponseComplete",
        "verb": "create",
        "requestURI": "/api/v1/namespaces/shop/secrets",
        "user": {"username": "ann"},
        "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "stageTimestamp": time,
        "requestObject": {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "shop"},
            "stringData": {"any": plant("Kubernetes secret")},
        },
    }
    config_map = {
        **kubernetes,
        "auditID": "k2",
        "verb": "patch",
        "requestURI": "/api/v1/namespaces/shop/configmaps/app",
        "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "app", "apiVersion": "v1"},
        "requestObject": {"data": {"app.properties": f"db.password={plant('config map')}"}},
    }
    for source, entry in (
        ("gcp_auditlog", google),
        ("azure_platformlogs", azure),
        ("k8s_audit", kubernetes),
        ("k8s_audit", config_map),
    ):
        yield {
            "rule": "A change",
            "priority": "Notice",
            "source": source,
            "time": time,
            "output": "A change",
            "output_fields": {"json.obj": entry},
        }


def alerts(plant: Planter) -> Iterator[dict[str, Any]]:
    """Falco's own alerts: commands, environments and outputs."""
    for kind, text in TEXTS.items():
        alert = shell(datetime.now(UTC))
        command = text.format(plant(kind))
        alert["output"] = f"A shell was spawned (command={command})"
        alert["output_fields"]["proc.cmdline"] = command
        yield alert
    for name in NAMES.split():
        alert = shell(datetime.now(UTC))
        alert["output_fields"]["proc.env"] = f"HOME=/root {name}={plant(f'variable {name}')} PATH=/bin"
        yield alert


async def everything_in_nats(pipeline: Pipeline) -> str:
    """Every message of every stream, buckets and dead letters among them: subjects, headers and payloads."""
    client = await nats.connect(pipeline.nats.url)
    parts: list[str] = []
    try:
        jetstream = client.jetstream()
        for stream in await jetstream.streams_info():
            name = str(stream.config.name)
            for sequence in range(max(1, stream.state.first_seq), stream.state.last_seq + 1):
                try:
                    message = await jetstream.get_msg(name, sequence)
                except nats.js.errors.NotFoundError:
                    continue  # a bucket has only the last value of a key
                parts += [name, str(message.subject), json.dumps(message.headers), (message.data or b"").decode()]
    finally:
        await client.close()
    return "\n".join(parts)


async def everything_that_clients_see(pipeline: Pipeline) -> str:
    """REST and metrics of all services."""
    parts = [
        json.dumps(await pipeline.get(f"/api/v1/{path}")) for path in ("drifts?limit=1000", "events", "workspaces")
    ]
    parts += [await pipeline.metrics(service) for service in SERVICES]
    return "\n".join(parts)


def everything_on_disk(folder: Path) -> str:
    """The files of nats-server, the spool and the logs; not the states themselves."""
    files = (path for path in folder.rglob("*") if path.is_file() and "states" not in path.parts)
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def found(plant: Planter, text: str) -> dict[str, str]:
    """The secrets that a text has, as they are or in Base64, with their kinds."""
    return {secret: kind for secret, kind in plant.planted.items() if secret in text}


async def test_no_planted_secret_is_found_anywhere(tmp_path: Path) -> None:
    """150 secrets of 60 kinds in states, calls of all clouds and alerts leave no trace, before and after an outage."""
    plant, times, web = Planter(), moments(), instance_id()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream() as client:
            pipeline.write_state("prod", estate(plant, web), next(times))
            await client.first("state_change", workspace="prod")
            posted = [*calls(plant, times), *other_clouds(plant, next(times)), *alerts(plant)]
            assert await pipeline.post(*posted, resize(web, "m5.large", next(times))) == 200
            await client.first("drift", address="aws_instance.web")
            await pipeline.settled("drift-detector")
            seen = json.dumps([event.data for event in client.events])
        assert len(plant.planted) >= 150
        assert len(plant.kinds) >= 60
        assert found(plant, seen) == {}
        assert found(plant, await everything_that_clients_see(pipeline)) == {}
        assert found(plant, await everything_in_nats(pipeline)) == {}
        assert found(plant, everything_on_disk(tmp_path)) == {}
        pipeline.nats.stop()
        offline = [*calls(plant, times), *alerts(plant)]
        assert await pipeline.post(*offline) == 200
        assert any((tmp_path / "spool").iterdir())
        assert found(plant, everything_on_disk(tmp_path)) == {}
