"""The image's health check: asks whether the process is alive.

Readiness (``/readyz``) is for load balancers. To restart a service because NATS is away would help nobody.
"""

import os
import sys
import urllib.request

ADMIN_PORTS = {"ingest-falco": 9101, "ingest-tfstate": 9102, "drift-detector": 9103, "sse-gateway": 9104}

port = os.environ.get("TFDRIFT_ADMIN_PORT") or ADMIN_PORTS[os.environ["SERVICE"]]
try:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4).close()
except OSError as failure:
    sys.exit(f"/healthz does not answer: {failure}")
