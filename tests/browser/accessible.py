"""Whether a page can be used by those who do not see it, as far as a program can tell."""

import json
from pathlib import Path

from tests.browser import page
from tests.browser.visit import Visitor

AXE = Path(page.SOURCES, "node_modules/axe-core/axe.min.js")


def accessible(visitor: Visitor) -> None:
    """Assert that axe-core finds no violation on what is shown."""
    visitor.until("document.querySelector('h1')")
    run = "return axe.run().then((found) => JSON.stringify(found.violations))"
    text = visitor.tab.evaluate(f"async () => {{ {AXE.read_text()}; {run}; }}")
    violations = [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in json.loads(text)
    ]
    assert violations == []
