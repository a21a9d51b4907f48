"""Where snippets cannot be made to run in their pages, the site is whole all the same, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaited.live import files, machine
from awaited.live.registry import UNSET
from awaited.read.project import Project, load
from tests.conftest import MakeProject
from tests.faults.injection import ROOT, build, fault

PAGE = "---\ntitle: A\n---\n\n```{python}\n#| label: one\nprint(1)\n```\n"
CONFIG = "project: {type: website}\nwebsite: {title: Trial}\nawaited: {live: true}\n"


@pytest.fixture
def live(make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose snippets are to run in their page; npm has no settings here."""
    for name in ("registry", "cafile"):
        monkeypatch.delenv(f"npm_config_{name}", raising=False)
        monkeypatch.delenv(f"NPM_CONFIG_{name.upper()}", raising=False)
    for name in ("user", "global"):
        monkeypatch.setenv(f"npm_config_{name}config", str(tmp_path / name))
    return make_project(tmp_path / "live", {"index.qmd": "Home\n", "a.qmd": PAGE}, CONFIG)


NOTE = "note: no snippet can be run in its page:"


@pytest.mark.parametrize(
    ("registry", "outcome"),
    [
        fault("no npm registry is known", f"{NOTE} {UNSET}", ""),
        fault("npm's registry does not answer",
              f"{NOTE} {files.PYODIDE.file} could not be had from the npm registry: it does not answer",
              "http://127.0.0.1:9"),
    ],
)  # fmt: skip
def test_the_runtime_cannot_be_fetched(
    registry: str, outcome: str, live: Project, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", registry)
    monkeypatch.setenv("PATH", "/usr/sbin")  # no npm
    assert build(live) == 0
    assert f"{outcome}\n" in "".join(capfd.readouterr())
    assert "print" in (live.site / "a.html").read_text(encoding="utf-8")
    assert not (live.site / "live").exists()


@pytest.fixture
def prepared(live: Project) -> Project:
    """The same with the runtime that this repository's own builds have kept."""
    own = load(ROOT)
    own.scratch.mkdir(exist_ok=True)
    files.prepare(own)
    live.scratch.mkdir()
    for file in (*own.scratch.glob("*.tgz"), *own.scratch.glob("library-*.zip"), *own.scratch.glob("runtime-*.zip")):
        (live.scratch / file.name).write_bytes(file.read_bytes())
    return live


NO_BROWSER = "note: nothing more is proven in a browser: no Chromium was found; install it (on Debian: chromium)"


@pytest.mark.fault("no Chromium is on the machine", NO_BROWSER)
def test_there_is_no_browser(
    prepared: Project, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "browser", lambda: None)
    assert build(prepared) == 0
    assert f"{NO_BROWSER}\n" in "".join(capfd.readouterr())
    assert "in the browser" not in (prepared.site / "a.html").read_text(encoding="utf-8")


@pytest.mark.fault("what is kept of the runtime is damaged", "it is made anew, and the same")
def test_the_kept_runtime_is_damaged(prepared: Project) -> None:
    whole = files.prepare(prepared)
    (library,), (runtime,) = prepared.scratch.glob("library-*.zip"), prepared.scratch.glob("runtime-*.zip")
    data = library.read_bytes()
    library.write_bytes(data[:3000] + bytes(99) + data[3099:])
    runtime.write_bytes(runtime.read_bytes()[:5000])
    assert files.kept(prepared) is None
    assert files.prepare(prepared) == whole
