"""How heavy the phone app's shell is, and how soon something is seen on a slow phone."""

from __future__ import annotations

import os
import shutil
import statistics
from typing import Any

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-quic"
SLOWER = 4  # times the CPU of this machine
LINE = {"downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8, "latency": 150, "offline": False}  # fmt: skip
TRIES = 3
PAINT = """
() => new Promise((resolve) => {
  const seen = () => performance.getEntriesByName('first-contentful-paint')[0]
  if (seen()) return resolve(seen().startTime)
  new PerformanceObserver(() => seen() && resolve(seen().startTime)).observe({ type: 'paint', buffered: true })
})
"""


def measure_shell(base: str) -> dict[str, Any]:
    """Return {"shell_kb", "first_paint_ms"} of `base`/field/, cold, on a throttled phone; else why not.

    CPU 4 times slower, 1.6 Mbit/s, 150 ms; kilobytes as they travel, all that loads before the page
    is quiet. The median of three.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {"shell_kb": None, "first_paint_ms": None, "shell_missing": "没有安装 playwright"}
    if not path:
        return {"shell_kb": None, "first_paint_ms": None, "shell_missing": "没有找到 chromium"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        found = [_once(browser, f"{base}/field/") for _n in range(TRIES)]
        browser.close()
    return {
        "shell_kb": round(statistics.median(size for size, _ms in found) / 1024, 1),
        "first_paint_ms": round(statistics.median(ms for _size, ms in found)),
    }


def _once(browser: Any, url: str) -> tuple[float, float]:
    """Load a page as a phone that never saw it; return (bytes that travelled, ms to the first paint)."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True,
        service_workers="block",
    )  # fmt: skip
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", LINE)
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle")
    milliseconds = page.evaluate(PAINT)
    context.close()
    return sum(sizes), milliseconds
