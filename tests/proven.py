"""Says in one line what a run of ``make test`` has proven, from what its steps have left: the last of them."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from awaited.prove.pythons import in_words
from awaited.prove.trial import kept
from awaited.read.project import load
from awaited.tangle.scripts import tangle_project


def main(results: Path) -> None:
    """``results`` is what pytest wrote of its run, in the form of JUnit."""
    project = load(Path(__file__).parents[1])
    scripts = tangle_project(project)
    proofs = kept(project, scripts)
    proven = [script for script in scripts if proofs.versions(script)]
    pythons = in_words([version for script in proven for version in proofs.versions(script)])
    suites = list(ElementTree.parse(results).iter("testsuite"))
    tests, skipped = (sum(int(suite.attrib[name]) for suite in suites) for name in ("tests", "skipped"))
    pages = len(list(project.site.rglob("*.html")))
    live = sum(map(proofs.holds_in_browser, scripts))
    print(
        f"proven: {len(proven)} of {len(scripts)} snippets, on Python {pythons}, {live} in the browser;",
        f"{tests - skipped:,} tests passed, {skipped} skipped; {pages} pages",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
