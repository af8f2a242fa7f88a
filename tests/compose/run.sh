#!/usr/bin/env bash
# Builds the images, starts the whole compose stack on free ports and under a name of its own, and sends one drift
# through the published ports. Ends with 69 where no Docker answers.
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

read -r FALCO_PORT GATEWAY_PORT PROMETHEUS_PORT < <(.venv/bin/python - <<'PY'
import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(probe.getsockname()[1] for probe in probes))
PY
)
export FALCO_PORT GATEWAY_PORT PROMETHEUS_PORT STATES=./examples PUBLISH_ADDRESS=127.0.0.1
export COMPOSE_PROJECT_NAME=tfdrift-test-$$
unset "${!TFDRIFT_@}" COMPOSE_FILE

finish() {
  local status=$?
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
"${compose[@]}" up -d --scale drift-detector=3
.venv/bin/python tests/compose/send_one_drift.py
