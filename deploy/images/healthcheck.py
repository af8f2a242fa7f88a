"""The image's health check: asks whether the service that this container runs is alive.

Readiness (``/readyz``) is for load balancers. Restarting a service because NATS is away would help nobody.
"""

import os
import sys
import urllib.request
from pathlib import Path

ADMIN_PORTS = {"ingest-falco": 9101, "ingest-tfstate": 9102, "drift-detector": 9103, "sse-gateway": 9104}

# The container's first process is `python /opt/venv/bin/SERVICE`.
command = Path("/proc/1/cmdline").read_text(encoding="utf-8").split("\0")
service = next((name for part in command if (name := part.rpartition("/")[2]) in ADMIN_PORTS), None)
if service is None:
    sys.exit("This container runs none of the services.")
port = os.environ.get("TFDRIFT_ADMIN_PORT") or ADMIN_PORTS[service]
try:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4).close()
except OSError as failure:
    sys.exit(f"/healthz does not answer: {failure}")
