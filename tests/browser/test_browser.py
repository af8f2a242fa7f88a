"""The stream and the dashboard in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.chromium import browsing, chromium
from tests.e2e.alerts import moments, resize
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import running

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed: apt-get install chromium")

_LISTEN = """
window.ours = {seen: [], connected: 0, source: new EventSource('/api/v1/stream?events=drift')};
ours.source.addEventListener('connected', () => { ours.connected += 1 });
ours.source.addEventListener('drift', event => ours.seen.push([event.lastEventId, JSON.parse(event.data).resource_id]));
"""


async def test_a_browser_resumes_after_the_gateway_was_restarted_and_shows_the_drift(tmp_path: Path) -> None:
    """Chromium's own EventSource comes back with its last id; the dashboard names the drifted resource."""
    early, late, times = instance_id(), instance_id(), moments()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream("?events=drift,state_change") as observer:
            pipeline.write_state("prod", state(1, instance(early, "early"), instance(late, "late")), next(times))
            await observer.first("state_change")
            async with browsing(f"{pipeline.gateway}/", tmp_path / "profile") as page:
                await page.until("document.readyState === 'complete'")
                await page.evaluate(_LISTEN)
                await page.until("ours.connected === 1")
                await pipeline.post(resize(early, "m5.4xlarge", next(times)))
                await page.until("ours.seen.length === 1")
                await page.until("document.body.innerText.includes('early')")

                assert await asyncio.to_thread(pipeline.stop, "sse-gateway") == 0
                await pipeline.post(resize(late, "m5.4xlarge", next(times)))
                pipeline.start("sse-gateway")
                await page.until("ours.seen.length >= 2")
                assert await page.evaluate("ours.connected") == 2
                seen = await page.evaluate("ours.seen")
                assert [identity for _, identity in seen] == [early, late]
                assert len({identifier for identifier, _ in seen}) == 2
                await page.until("document.body.innerText.includes('late')")


async def test_the_page_does_not_say_that_all_is_well_before_it_knows(tmp_path: Path) -> None:
    """Until the drifts are loaded it neither counts them nor says that there are none."""
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with browsing("about:blank", tmp_path / "profile") as page:
            held = "window.kept = window.fetch; window.fetch = () => new Promise(done => { window.release = done; });"
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=held)
            await page.call("Page.navigate", url=f"{pipeline.gateway}/")
            await page.until("window.release !== undefined")
            assert "No open drifts" not in await page.evaluate("document.body.innerText")
            assert await page.evaluate("document.getElementById('count').textContent") == ""
            await page.evaluate("window.release(kept('/api/v1/drifts?status=open&limit=1000'))")
            await page.until("document.body.innerText.includes('No open drifts')")
            assert await page.evaluate("document.getElementById('count').textContent") == "0"
