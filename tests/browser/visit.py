"""The product's own page as a visitor uses it: by its test ids, its keys and its live region."""

import json
import re
from typing import Any

from tests.browser.tab import Tab
from tests.harness.server import RunningServer
from tests.harness.wait import until

PATIENCE = 10.0  # seconds
THEIR_VIDEO = "[data-testid=tile][data-local=false] video"
MOVEMENT = """async (selector, patience) => {
  const video = document.querySelector(selector);
  const [width, height] = [64, 48];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const look = () => {
    context.drawImage(video, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
  const ends = performance.now() + Number(patience);
  let [changes, last] = [0, look()];
  while (performance.now() < ends && changes < 5) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = look();
    const difference = now.reduce((sum, value, i) => sum + Math.abs(value - last[i]), 0);
    if (difference / now.length > 1) [changes, last] = [changes + 1, now];
  }
  return String(changes);
}"""
LOUDNESS = """async (patience) => {
  const ends = performance.now() + Number(patience);
  let loudest = 0;
  while (performance.now() < ends && loudest < 0.01) {
    const elements = [...document.querySelectorAll('.sounds audio')];
    const element = elements.find((audio) => audio.srcObject?.active);
    if (!element) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    const recorder = new MediaRecorder(element.srcObject);
    const parts = [];
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    setTimeout(() => recorder.stop(), 1200); // Chromium's fake microphone beeps once a second
    await stopped;
    const bytes = await new Blob(parts).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes);
    const samples = sound.getChannelData(0);
    loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }
  return String(loudest);
}"""


def invitation(server: RunningServer, host: str | None = None) -> str:
    """The link that `up` printed; `host` names the same server by another address."""
    pattern = re.compile(r"(https?)://([^/\s]+)/(#r=\S+)")
    found = until(lambda: pattern.search(server.text()), "the link is printed")
    scheme, address, fragment = found.groups()
    return f"{scheme}://{f'{host}:{server.port}' if host else address}/{fragment}"


class Visitor:
    """Somebody in front of the product's page."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    def join(self, name: str) -> None:
        self.until(f"{by_id('name-input')}?.checkVisibility()")
        self.tab.evaluate(f"() => {{ {by_id('name-input')}.focus(); return ''; }}")
        self.tab.type(name)
        self.click("join-button")
        self.until(by_id("leave-button"))

    def click(self, testid: str) -> None:
        self.until(by_id(testid))
        self.tab.click(f"[data-testid={testid}]")

    def until(self, expression: str, timeout: float = PATIENCE) -> str:
        """Wait until a JavaScript expression is true; returns it as text."""
        return str(
            self.tab.evaluate(
                f"""async () => {{
                  const ends = performance.now() + {timeout * 1000};
                  for (;;) {{
                    const found = {expression};
                    if (found) return String(found);
                    if (performance.now() > ends) throw new Error({json.dumps(expression)});
                    await new Promise((resolve) => setTimeout(resolve, 20));
                  }}
                }}"""
            )
        )

    def read(self, expression: str) -> Any:
        """The value of a JavaScript expression that JSON can carry."""
        return json.loads(self.tab.evaluate(f"() => JSON.stringify({expression})"))

    def sees_movement(self, selector: str = THEIR_VIDEO) -> None:
        self.until(f"document.querySelector({json.dumps(selector)})?.videoWidth")
        changes = self.tab.evaluate(MOVEMENT, selector, str(PATIENCE * 1000))
        assert int(changes) >= 5

    def hears_something(self) -> None:
        assert float(self.tab.evaluate(LOUDNESS, str(PATIENCE * 1000))) > 0.01

    def announced(self) -> list[str]:
        """What the live region has said, oldest first."""
        texts = "[...document.querySelectorAll('[data-testid=live-region] p')]"
        return list(self.read(f"{texts}.map((p) => p.textContent.trim())"))

    def walk_to(self, testid: str, steps: int = 60) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(steps):
            if self.read("document.activeElement?.dataset?.testid ?? ''") == testid:
                return
            self.tab.press("Tab")
        raise AssertionError(f"{testid} is not reached with the Tab key")


def by_id(testid: str) -> str:
    """The JavaScript expression for an element by its test id."""
    return f"""document.querySelector('[data-testid="{testid}"]')"""
