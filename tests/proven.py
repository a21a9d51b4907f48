"""Says in one line what a run of ``make test`` has proven, from what its steps have left: its last step."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from awaited.prove.proof import proven_versions, read

from awaited.prove.pythons import numbers
from awaited.read.project import load
from awaited.tangle.scripts import tangle_project


def main(results: Path) -> None:
    """``results`` is what pytest wrote of its run, in the form of JUnit."""
    project = load(Path(__file__).parents[1])
    scripts = tangle_project(project)
    _, held = read(project, scripts)
    articles = {script.article.path for script in scripts}
    versions = set.intersection(*(set(proven_versions(article, scripts, held)) for article in articles))
    pythons = ", ".join(".".join(version.split(".")[:2]) for version in sorted(versions, key=numbers))
    counts = [suite.attrib for suite in ElementTree.parse(results).iter("testsuite")]
    tests, skipped = (sum(int(count[name]) for count in counts) for name in ("tests", "skipped"))
    pages = len(list(project.site.rglob("*.html")))
    print(
        f"proven: {len(held)} snippets on Python {pythons}; {tests - skipped:,} tests passed, {skipped} skipped;",
        f"{pages} pages",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
