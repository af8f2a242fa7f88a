"""``python -m mapping_generator.event_services``: writes which event names belong to one AWS service alone.

ingest-falco infers the service of a call by them where Falco sends no ``ct.src``. A name counts when the mapping knows
it of one service, and no other service of botocore's models has an operation of that name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Final

from botocore.loaders import Loader  # type: ignore[import-untyped]

from mapping_generator.__main__ import AUTO

OUTPUT: Final = Path(__file__).parents[1] / "services/ingest-falco/src/ingest_falco/clouds/aws/event_services.json"


def services_by_name() -> dict[str, set[str]]:
    """Every operation of botocore's models, with the prefixes of the services that have it."""
    loader, found = Loader(), defaultdict(set)
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        metadata = model["metadata"]
        for operation in model["operations"]:
            found[operation].add(metadata.get("signingName", metadata["endpointPrefix"]))
    return found


def document() -> dict[str, list[str]]:
    """Each service's short name, with the event names that are its alone."""
    everywhere = services_by_name()
    mapped: dict[str, set[str]] = defaultdict(set)
    for key in json.loads(AUTO.read_bytes())["events"]:
        service, name = key.split(":", 1)
        mapped[name].add(service)
    found = defaultdict(list)
    for name, services in sorted(mapped.items()):
        if len(services) == 1 and len(everywhere[name]) <= 1:
            found[next(iter(services))].append(name)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    OUTPUT.write_text(json.dumps(document(), indent=0) + "\n", encoding="utf-8")
    print(f"{OUTPUT.stat().st_size:,} bytes")
