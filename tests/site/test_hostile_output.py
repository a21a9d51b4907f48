"""A browser shows whatever a snippet prints, and runs nothing of it; nor what a snippet displays as HTML."""

from __future__ import annotations

import http.server
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser

from awaited.read.project import Project
from tests.site.conftest import served

PRINTED = r"""</code></pre><script>window.hacked = 1; alert(1)</script>
<img src="http://a.example/x.png" onerror="window.hacked = 2">
```
:::
``` {=html}
<script>window.hacked = 3</script>
```
{{< env HOME >}} {{< include /etc/passwd >}} $x$ @fig-x &lt;i&gt;
"""
DISPLAYED = """<script>window.hacked = 4; alert(1)</script>
<script src="http://a.example/x.js"></script>
<img src="http://a.example/x.png" onerror="window.hacked = 5">
<svg onload="window.hacked = 6"></svg>
<iframe src="http://a.example/"></iframe>
<iframe srcdoc="<script>parent.hacked = 7</script>"></iframe>
<style>body { background: url(http://a.example/x.png) }</style>
<b id="shown" style="background: url(http://a.example/y.png)">markup</b>
<a id="link" href="javascript:window.hacked = 8">a link</a>
"""
ARTICLE = f"""---
title: Hostile
---

```{{python}}
#| label: fig-print
#| error: true
#| warning: true
#| example: false
import sys
from IPython.display import HTML, display

class Strange(str):
    def __repr__(self):
        return str(self)


text = {PRINTED!r}
print(text, end="")
print(text, end="", file=sys.stderr)
display(Strange(text))
raise ValueError(text)
```

```{{python}}
#| label: display
#| example: false
display(HTML({DISPLAYED!r}))
```
"""


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another server, which nobody should ask."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@pytest.fixture(scope="module")
def hostile(
    make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[str]:
    """Where the site of that article is served."""
    with served(_Elsewhere) as elsewhere:
        article = ARTICLE.replace("http://a.example", elsewhere)
        project = make_project(tmp_path_factory.mktemp("hostile"), {"index.qmd": article})
        command = [sys.executable, "-m", "awaited", "build", str(project.root), "--engine", "smalldocs"]
        subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=120)  # Playwright's loop runs here
        with served(partial(http.server.SimpleHTTPRequestHandler, directory=str(project.site))) as address:
            yield f"{address}/"


def test_nothing_runs_and_nothing_is_fetched_from_elsewhere(browser: Browser, hostile: str) -> None:
    page = browser.new_page()
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(hostile, wait_until="networkidle")
    shown = page.locator(".cell-output pre").all_inner_texts()
    for text in shown:
        assert PRINTED.replace("http://a.example", "").strip() in re.sub(r"http://127\.0\.0\.1:\d+", "", text)
    assert len(shown) == 4
    assert page.locator("#shown").inner_text() == "markup"
    page.locator("#link").click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.url.startswith(hostile)
    assert dialogs == []
    assert _Elsewhere.asked == []
    page.close()
