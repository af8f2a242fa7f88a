#!/usr/bin/env bash
# Builds the images, starts the whole compose stack on free ports and under a name of its own with several instances of
# the services behind the edge, sends one drift through the published ports, plays the demo, and kills each container
# under load. Then starts the stack on a cluster of NATS and takes one node away. Ends with 69 where no Docker answers.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! docker info >/dev/null 2>&1; then
  echo "No Docker answers here: install and start it to run the compose test." >&2
  exit 69
fi
if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else
  echo "Docker is here, but neither 'docker compose' nor docker-compose." >&2
  exit 69
fi

read -r FALCO_PORT GATEWAY_PORT PROMETHEUS_PORT ALERTMANAGER_PORT GRAFANA_PORT < <(.venv/bin/python - <<'PY'
import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
print(*(probe.getsockname()[1] for probe in probes))
PY
)
export FALCO_PORT GATEWAY_PORT PROMETHEUS_PORT ALERTMANAGER_PORT GRAFANA_PORT STATES=./examples PUBLISH_ADDRESS=127.0.0.1
export COMPOSE_PROJECT_NAME=tfdrift-test-$$
unset "${!TFDRIFT_@}" COMPOSE_FILE

explained=$(mktemp)

finish() {
  local status=$?
  rm -f "$explained"
  if ((status)); then
    "${compose[@]}" ps || true
    "${compose[@]}" logs --no-color --tail=40 || true
  fi
  "${compose[@]}" down --volumes --remove-orphans --rmi local >/dev/null 2>&1 || true
  exit "$status"
}
trap finish EXIT

"${compose[@]}" build >/tmp/$COMPOSE_PROJECT_NAME.log 2>&1 || { tail -40 "/tmp/$COMPOSE_PROJECT_NAME.log" >&2; exit 1; }
rm -f "/tmp/$COMPOSE_PROJECT_NAME.log"
export TFDRIFT_LOG_LEVEL=debug
scale=(--scale ingest-falco=2 --scale drift-detector=3 --scale sse-gateway=2)

# services PROFILE: those that start with it, but for those whose image is not to be had here.
services() {
  "${compose[@]}" config | .venv/bin/python -c '
import sys, yaml
for name, service in yaml.safe_load(sys.stdin)["services"].items():
    if set(service.get("profiles", ())) <= {sys.argv[1]}:
        print(name, "" if "build" in service else service["image"])' "$1" |
    while read -r name image; do
      if [[ -z $image ]] || docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null 2>&1; then
        echo "$name"
      else
        echo "LEFT OUT  $name: its image $image is not to be had here" >&2
      fi
    done
}
mapfile -t alone < <(services none)
mapfile -t clustered < <(services cluster 2>/dev/null)
"${compose[@]}" up -d "${scale[@]}" "${alone[@]}"
.venv/bin/python tests/compose/send_one_drift.py

"${compose[@]}" run --rm -T demo >/dev/null
echo "ok  the demo is played"

level=$("${compose[@]}" exec -T sse-gateway printenv TFDRIFT_LOG_LEVEL)
[[ $level == debug ]] || { echo "TFDRIFT_LOG_LEVEL of the shell does not reach a service: '$level'" >&2; exit 1; }
echo "ok  a variable of the shell reaches a service"

"${compose[@]}" run --rm --no-deps -T -v "$PWD/examples:/states:ro" drift-detector \
  drift-detector --explain - /states/prod.tfstate <examples/day.jsonl >"$explained"
grep -q "open: aws_cloudtrail.audit enable_logging" "$explained" || { cat "$explained" >&2; exit 1; }
echo "ok  the image explains a call from standard input"

# All but the edge, of which there is one, and those that no alert passes.
mapfile -t containers < <(docker ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
  --format '{{.Names}}' | grep -Ev 'edge|prometheus' | sort)
.venv/bin/python tests/compose/outages.py "${containers[@]}"

"${compose[@]}" down --volumes --remove-orphans
left=$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
[[ -z $left ]] || { echo "containers are left after down: $left" >&2; exit 1; }
echo "ok  nothing is left after down"

compose+=(--env-file deploy/nats/cluster.env)
"${compose[@]}" up -d "${scale[@]}" "${clustered[@]}"
.venv/bin/python tests/compose/send_one_drift.py
docker kill "$("${compose[@]}" ps -q nats-3)" >/dev/null
.venv/bin/python tests/compose/send_one_drift.py
echo "ok  the cluster goes on without one of its nodes"
