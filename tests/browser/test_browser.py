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

_HOLD_BACK_DRIFTS = """
window.original = window.fetch;
window.fetch = (path, options) => !String(path).includes('/drifts') || window.released ? original(path, options)
  : new Promise((resolve) => { window.release = () => { window.released = true; resolve(original(path, options)); }; });
"""
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
    """Until the drifts have been read it neither counts them nor says that there are none."""
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        pipeline.write_state("prod", state(1, instance(instance_id(), "web")), next(moments()))
        async with browsing("about:blank", tmp_path / "profile") as page:
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=_HOLD_BACK_DRIFTS)
            await page.call("Page.navigate", url=f"{pipeline.gateway}/")
            await page.until("window.release !== undefined")
            await page.until("document.body.innerText.includes('Reading the drifts')")
            assert await page.evaluate("document.getElementById('count').textContent") == ""
            await page.evaluate("window.release()")
            await page.until("document.getElementById('count').textContent === '0 of 0'")


async def test_the_page_shows_what_differs_and_who_did_it(tmp_path: Path) -> None:
    """The one attribute that a call changed is shown with both values, its person, and the commands that restore it."""
    target, times = instance_id(), moments()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream("?events=drift,state_change") as observer:
            pipeline.write_state("prod", state(1, instance(target, "web")), next(times))
            await observer.first("state_change")
            alert = resize(target, "m5.4xlarge", next(times))
            await pipeline.post(alert)
            drift = await observer.first("drift")
            async with browsing(f"{pipeline.gateway}/drift/{drift['id']}", tmp_path / "profile") as page:
                await page.until("document.querySelectorAll('.diff .added').length > 0")
                assert "m5.4xlarge" in await page.evaluate("document.querySelector('.diff .added').innerText")
                assert drift["old_value"] in await page.evaluate("document.querySelector('.diff .removed').innerText")
                assert drift["user_identity"]["user_name"] in await page.evaluate(
                    "document.querySelector('.person').innerText"
                )
                await page.until("document.body.innerText.includes('terraform apply -target=')")


async def test_the_strip_says_that_the_gateway_is_gone_and_that_it_is_back(tmp_path: Path) -> None:
    """The strip never says that all is well while nothing can be known."""
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        pipeline.write_state("prod", state(1, instance(instance_id(), "web")), next(moments()))
        async with browsing(f"{pipeline.gateway}/", tmp_path / "profile") as page:
            strip = "document.querySelector('.strip')?.dataset"
            await page.until("document.readyState === 'complete'")
            await page.until(f"{strip}?.state === 'live'")
            assert await asyncio.to_thread(pipeline.stop, "sse-gateway") == 0
            await page.until(f"{strip}.state === 'trouble'")
            pipeline.start("sse-gateway")
            await page.until(f"{strip}.connection === 'live' && {strip}.state === 'live'")


async def test_the_strip_shows_the_first_answer(tmp_path: Path) -> None:
    """It does not call the workspaces unknown until it asks again."""
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        pipeline.write_state("prod", state(1, instance(instance_id(), "web")), next(moments()))
        await pipeline.get_until("/api/v1/health", lambda health: health["status"] == "ok")
        async with browsing("about:blank", tmp_path / "profile") as page:
            await page.call("Page.addScriptToEvaluateOnNewDocument", source="window.setInterval = () => 0;")
            await page.call("Page.navigate", url=f"{pipeline.gateway}/")
            await page.until("document.querySelector('.strip')?.innerText.includes('1 workspace')")


async def test_filters_are_part_of_the_address(tmp_path: Path) -> None:
    """A filter that somebody sets is in the URL, and the back button takes it away again."""
    target, times = instance_id(), moments()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream("?events=drift,state_change") as observer:
            pipeline.write_state("prod", state(1, instance(target, "web")), next(times))
            await observer.first("state_change")
            await pipeline.post(resize(target, "m5.4xlarge", next(times)))
            await observer.first("drift")
        async with browsing(f"{pipeline.gateway}/?workspace=other", tmp_path / "profile") as page:
            await page.until("document.readyState === 'complete'")
            await page.until("document.body.innerText.includes('No drift meets these filters')")
            await page.evaluate(
                "[...document.querySelectorAll('button')].find(b => b.innerText.includes('Clear')).click()"
            )
            await page.until("document.querySelectorAll('.row.drift').length === 1 && location.search === ''")
            await page.evaluate("history.back()")
            await page.until("location.search === '?workspace=other'")
            await page.until("document.querySelectorAll('.row.drift').length === 0")
