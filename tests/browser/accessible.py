"""Whether a page can be used by those who do not see it, as far as a program can tell."""

import json
from pathlib import Path

from tests.browser import page
from tests.browser.visit import Visitor

AXE = Path(page.SOURCES, "node_modules/axe-core/axe.min.js")


UNCLEAR = """() => {
  const told = ['aria-describedby', 'aria-labelledby', 'aria-controls'];
  const shown = [...document.querySelectorAll(told.map((name) => `[${name}]`).join())]
    .filter((one) => one.checkVisibility());
  const named = (one) => told.flatMap((name) => (one.getAttribute(name) ?? '').split(' '));
  const ids = shown.flatMap(named);
  const count = (id) => document.querySelectorAll(`#${CSS.escape(id)}`).length;
  return JSON.stringify(ids.filter((id) => id !== '' && count(id) > 1));
}"""


def accessible(visitor: Visitor) -> None:
    """Assert that axe-core finds no violation on what is shown."""
    visitor.until("document.querySelector('h1')")
    if not visitor.read("'axe' in window"):
        visitor.tab.evaluate(f"() => {{ {AXE.read_text()}; return ''; }}")
    # What is well need not be described: that would take it twice as long.
    run = "axe.run({ resultTypes: ['violations'] })"
    text = visitor.tab.evaluate(f"() => {run}.then((found) => JSON.stringify(found.violations))")
    violations = [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in json.loads(text)
    ]
    assert violations == []
    # One that stands there twice describes with the words of another.
    unclear = json.loads(visitor.tab.evaluate(UNCLEAR))
    assert unclear == []
