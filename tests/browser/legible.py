"""Whether all texts of a page are there to be read: by measure, in a wide window and on a phone."""

import json

from tests.browser.chromium import ChromiumTab
from tests.browser.visit import Visitor

WIDE = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 740}

# Each text against the window and against all that cuts off what is larger than itself. What
# scrolls may be larger; names that people have chosen may end in an ellipsis.
CUT = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) found.push(`the page is ${root.scrollWidth} wide`);
  const isHidden = (style) => ['hidden', 'clip'].includes(style);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node.parentElement;
    if (!node.data.trim() || own.closest('.visually-hidden, option, script, noscript')) continue;
    if (own.closest('.tile-name') || !own.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    for (let box = own; box && box !== root; box = box.parentElement) {
      const style = getComputedStyle(box);
      const edge = box.getBoundingClientRect();
      const [x, y] = [style.overflowX, style.overflowY];
      const wide = isHidden(x) && (text.left < edge.left - 1 || text.right > edge.right + 1);
      const high = isHidden(y) && (text.top < edge.top - 1 || text.bottom > edge.bottom + 1);
      const isButton = box.matches('button, .button, .tag');
      const out = isButton && box.scrollWidth > box.clientWidth + 1;
      if (wide || high || out) found.push(`${node.data.trim()} in ${box.tagName}.${box.className}`);
      if ([x, y].some((one) => ['auto', 'scroll'].includes(one))) break;
    }
  }
  return JSON.stringify(found);
}"""


def legible(visitor: Visitor) -> None:
    """Assert that no text is cut off."""
    assert isinstance(visitor.tab, ChromiumTab)
    page = visitor.tab.page
    for size in (PHONE, WIDE):
        visitor.tab.wait_for(page.set_viewport_size(size))  # type: ignore[arg-type]
        assert json.loads(visitor.tab.evaluate(CUT)) == [], size
