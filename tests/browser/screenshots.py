"""Takes pictures of the page: every view of the demo's day, in light, dark and on a phone; empty; with 10,000 drifts.

Usage: ``python -m tests.browser.screenshots FOLDER``. Needs Chromium.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from examples.play import DAY, as_of

from tests.browser.chromium import Page, browsing, chromium
from tests.e2e.alerts import moments, resize
from tests.e2e.estate import instance, state
from tests.pipeline import Pipeline, running

EXAMPLES: Final = DAY.parent
DESK, PHONE = (1280, 860), (390, 844)
MANY: Final = 10_000
_ROWS: Final = "document.querySelectorAll('.row.drift').length > 0"
_TABLE: Final = "document.querySelectorAll('main table tr').length > 1"
# The path of each view, and what it has once it has read what it shows.
VIEWS: Final = {
    "drifts": ("/", _ROWS),
    "by-person": ("/?group=person", _ROWS),
    "by-call": ("/?group=call", _ROWS),
    "timeline": ("/timeline", "document.querySelectorAll('.timeline li').length > 0"),
    "people": ("/people", _TABLE),
    "workspaces": ("/workspaces", _TABLE),
    "system": ("/system", _TABLE),
}
_SETTLED: Final = "document.readyState === 'complete' && document.querySelector('.strip')?.dataset.state !== 'unknown'"


async def look(page: Page, size: tuple[int, int], scheme: str) -> None:
    """Give the page a size in pixels and a colour scheme."""
    width, height = size
    await page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=size == PHONE
    )
    await page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


async def picture(page: Page, url: str, path: Path, shown: str) -> None:
    """Store a picture of what a URL shows, once a condition holds in the page."""
    await page.call("Page.navigate", url=url)
    await page.until(f"{_SETTLED} && ({shown})")
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    taken = await page.call("Page.captureScreenshot", format="png")
    path.write_bytes(base64.b64decode(taken["data"]))  # noqa: ASYNC240 - nothing else runs
    print(path)


@asynccontextmanager
async def started() -> AsyncIterator[tuple[Pipeline, Page]]:
    """A pipeline and a browser."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as pipeline:
        await pipeline.ready()
        async with browsing("about:blank", Path(folder) / "profile") as page:
            yield pipeline, page


async def the_day(folder: Path) -> None:
    """Every view of the example day, in both schemes and on a phone, and the drift that opens SSH to the world."""
    async with started() as (pipeline, page):
        for name in ("prod", "eu/net"):
            pipeline.write_state(name, json.loads((EXAMPLES / f"{name}.tfstate").read_text()))
        await pipeline.get_until("/api/v1/workspaces", lambda found: len(found["workspaces"]) == 2)
        play = uuid.uuid4()
        for line in DAY.read_text().splitlines():
            await pipeline.post(as_of(json.loads(line), datetime.now(UTC), play))
        await pipeline.settled("drift-detector")
        listed = await pipeline.get_until("/api/v1/drifts?status=open&attribute=ingress", lambda found: found["drifts"])
        opened = listed["drifts"][0]["id"]
        views = {**VIEWS, "drift": (f"/drift/{opened}", "document.querySelector('.diff') !== null")}
        for scheme, size, kind in (("light", DESK, "light"), ("dark", DESK, "dark"), ("light", PHONE, "phone")):
            await look(page, size, scheme)
            for name, (path, shown) in views.items():
                await picture(page, f"{pipeline.gateway}{path}", folder / f"{name}-{kind}.png", shown)


async def nothing(folder: Path) -> None:
    """The page before any state and any alert."""
    async with started() as (pipeline, page):
        await look(page, DESK, "light")
        await picture(page, f"{pipeline.gateway}/", folder / "empty.png", "document.body.innerText.includes('state')")


async def very_many(folder: Path) -> None:
    """As many drifts as an estate may ever have."""
    async with started() as (pipeline, page):
        names = [f"i-{number:017x}" for number in range(MANY)]
        times = moments()
        pipeline.write_state(
            "prod", state(1, *(instance(name, f"web{i}") for i, name in enumerate(names))), next(times)
        )
        await pipeline.get_until("/api/v1/workspaces", lambda found: found["workspaces"])
        when = next(times)
        assert all(
            [status == 200 async for status in pipeline.post_all(resize(name, "m5.4xlarge", when) for name in names)]
        )
        await pipeline.settled("drift-detector")
        await pipeline.get_until("/api/v1/stats", lambda found: str(MANY) in json.dumps(found))
        await look(page, DESK, "light")
        path = folder / "ten-thousand.png"
        await picture(
            page, f"{pipeline.gateway}/", path, "document.getElementById('count').textContent.includes('10,000')"
        )


async def main(folder: Path) -> int:
    """Take all pictures; returns the exit code."""
    if chromium() is None:
        print("Chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs
    for take in (the_day, nothing, very_many):
        await take(folder)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
