"""Each script is a page: its code, what it prints and needs, how to run it, where it is proven, and the way back."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import html5lib
import pytest
from selectolax.lexbor import LexborHTMLParser
from trial_site import Trial

from awaited.finish.frame import moved
from awaited.finish.markup import read, text_of


def page(trial: Trial, name: str) -> LexborHTMLParser:
    return read(trial.site / f"examples/one/{name}.html")


def facts(tree: LexborHTMLParser) -> dict[str, str]:
    return dict(zip(map(text_of, tree.css(".facts dt")), map(text_of, tree.css(".facts dd")), strict=True))


def test_it_shows_the_script_and_what_it_prints(trial: Trial) -> None:
    for script in trial.scripts:
        tree = page(trial, script.path.stem)
        _, code, output = tree.css("main pre code")
        assert code.text() == script.text.rstrip()
        assert output.text().rstrip() == {"changed": "text of 3.13", "sum-up": "a sum", "newest": "new"}.get(
            script.cell.label, script.cell.label
        )
        assert code.css_first("span.im") is not None or "import" not in script.text
        assert len(tree.css(".code-copy-button")) == 2
        assert (trial.site / script.path).read_text(encoding="utf-8") == script.text


def test_it_says_what_the_script_needs_and_how_to_run_it(trial: Trial) -> None:
    tree = page(trial, "hello")
    assert tree.css_first("main pre").text().split("\n") == [
        "curl -O https://example.org/blog/examples/one/hello.py",
        "pip install aiohttp",
        "python hello.py",
    ]
    assert facts(tree) == {
        "From": "First Part in “One & Only”",
        "Needs": "Python 3.11 or later, aiohttp",
        "Proven": "Python 3.11 and 3.13 \N{EN DASH} 3.14",
        "As text": "hello.py",
    }
    assert facts(page(trial, "newest"))["Needs"] == "Python 3.14 or later"
    assert "pip" not in page(trial, "newest").css_first("main pre").text()


def test_it_leads_back_to_the_snippet_and_to_the_plain_text(trial: Trial) -> None:
    links = [link.attributes["href"] for link in page(trial, "sum_up").css("main a")]
    assert links == ["../../posts/one/#sum-up", "../../proofs.html#one-sum_up", "sum_up.py"]


def test_the_search_finds_the_snippet_alone(trial: Trial) -> None:
    entries = json.loads((trial.site / "search.json").read_text(encoding="utf-8"))
    assert [address for address, *_ in entries if address.startswith("examples/")] == []
    assert "posts/one/#hello" in {address for address, *_ in entries}
    assert not any("sum_up.py" in text for *_, text in entries)


def test_all_pages_are_valid_html(trial: Trial) -> None:
    for file in trial.site.rglob("*.html"):
        parser = html5lib.HTMLParser()
        parser.parse(file.read_text(encoding="utf-8"))
        assert parser.errors == [], file


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("../../about.html", "../../about.html"),
        ("plot.png", "../../posts/one/plot.png"),
        ("#there", "../../posts/one/index.html#there"),
        ("./", "../../posts/one/"),
        ("https://example.org/x", "https://example.org/x"),
        ("data:image/png;base64,xyz", "data:image/png;base64,xyz"),
        ("/absolute", "/absolute"),
    ],
)
def test_links_keep_leading_where_they_led(target: str, expected: str) -> None:
    assert moved(target, PurePosixPath("posts/one/index.html"), PurePosixPath("examples/one/hello.html")) == expected
