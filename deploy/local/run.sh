#!/usr/bin/env bash
# Starts the Procfile's processes on this machine. Everything that they write is under .data.
# The services share the TFDRIFT_ variables of the environment; each port has a variable of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

export NATS_PORT=${NATS_PORT:-4222}
export FALCO_PORT=${FALCO_PORT:-2801} TFSTATE_PORT=${TFSTATE_PORT:-2802}
export GATEWAY_PORT=${GATEWAY_PORT:-${TFDRIFT_HTTP_PORT:-8080}}
first=${TFDRIFT_ADMIN_PORT:-9101}
export FALCO_ADMIN_PORT=${FALCO_ADMIN_PORT:-$first} TFSTATE_ADMIN_PORT=${TFSTATE_ADMIN_PORT:-$((first + 1))}
export DETECTOR_ADMIN_PORT=${DETECTOR_ADMIN_PORT:-$((first + 2))} GATEWAY_ADMIN_PORT=${GATEWAY_ADMIN_PORT:-$((first + 3))}
export DATA=${DATA:-$PWD/.data}

unset "${!TFDRIFT_NATS_@}" TFDRIFT_HTTP_PORT TFDRIFT_ADMIN_PORT # this run starts its own nats-server
export TFDRIFT_NATS_URL=nats://127.0.0.1:$NATS_PORT
export TFDRIFT_HTTP_HOST=${TFDRIFT_HTTP_HOST:-127.0.0.1}
export TFDRIFT_STATE_SOURCES=${TFDRIFT_STATE_SOURCES:-file://$PWD/examples/**/*.tfstate}
export TFDRIFT_SPOOL_DIR=${TFDRIFT_SPOOL_DIR:-$DATA/spool}
export TFDRIFT_DRAIN_SECONDS=${TFDRIFT_DRAIN_SECONDS:-3} # honcho kills processes after five
export TFDRIFT_LOG_FORMAT=${TFDRIFT_LOG_FORMAT:-console}
mkdir -p "$DATA/nats" "$TFDRIFT_SPOOL_DIR"

.venv/bin/python deploy/local/ports.py
exec .venv/bin/python deploy/local/start.py
