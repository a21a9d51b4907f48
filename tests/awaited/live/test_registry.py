"""Where npm's registry is, is asked of npm's settings; what it gives is used only where it is what was pinned."""

from __future__ import annotations

import base64
import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaited.live import machine, registry
from awaited.live.registry import Release, Settings
from awaited.read.errors import AwaitedError
from tests.awaited.prove.pretend import program

TARBALL = b"what the registry holds"
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()
RELEASE = Release("trial", "1.2.3", INTEGRITY)
TOKEN = "npm_secret"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set, and there is no npm."""
    for name in ("registry", "cafile"):
        monkeypatch.delenv(f"npm_config_{name}", raising=False)
        monkeypatch.delenv(f"NPM_CONFIG_{name.upper()}", raising=False)
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "user"))
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "global"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


class _Registry(http.server.BaseHTTPRequestHandler):
    asked: list[tuple[str, str | None]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(200 if self.path == "/npm/trial/-/trial-1.2.3.tgz" else 404)
        self.end_headers()
        self.wfile.write(TARBALL)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a registry on this machine."""
    _Registry.asked.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), _Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/npm/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_nearest_setting_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "npm", "echo http://npm.test/")
    assert Settings.read(tmp_path).registry == "http://npm.test"
    (tmp_path / "global").write_text(
        "; a comment\nregistry = http://global.test/\ncafile=/global.pem\n", encoding="utf-8"
    )
    assert Settings.read(tmp_path) == Settings("http://global.test", "", "/global.pem")
    monkeypatch.setenv("HOST", "user.test")
    (tmp_path / "user").write_text("registry='http://${HOST}/'\n", encoding="utf-8")
    assert Settings.read(tmp_path) == Settings("http://user.test", "", "/global.pem")
    (tmp_path / ".npmrc").write_text(
        f"registry=http://mine.test/a\n//mine.test/a/:_authToken={TOKEN}\n", encoding="utf-8"
    )
    assert Settings.read(tmp_path) == Settings("http://mine.test/a", TOKEN, "/global.pem")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://named.test")
    assert Settings.read(tmp_path) == Settings("http://named.test", "", "/global.pem")


@pytest.mark.parametrize("says", ["exit 1", "echo undefined", "echo file:///etc/passwd"])
def test_without_a_registry_it_says_what_to_set(says: str, tmp_path: Path) -> None:
    with pytest.raises(AwaitedError, match="set NPM_CONFIG_REGISTRY"):
        Settings.read(tmp_path)
    program(tmp_path / "bin", "npm", says)
    with pytest.raises(AwaitedError, match="set NPM_CONFIG_REGISTRY"):
        Settings.read(tmp_path)


def test_an_npm_that_cannot_be_started_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/npm").write_bytes(b"\x7fELF")
    (tmp_path / "bin/npm").chmod(0o755)
    with pytest.raises(AwaitedError, match="set NPM_CONFIG_REGISTRY"):
        Settings.read(tmp_path)


def test_a_tarball_is_fetched_with_the_token_that_belongs_to_its_registry(address: str, tmp_path: Path) -> None:
    key = address.removeprefix("http:")
    (tmp_path / "user").write_text(f"registry={address}\n{key}:_authToken={TOKEN}\n", encoding="utf-8")
    RELEASE.fetch(tmp_path / "trial.tgz", tmp_path)
    assert (tmp_path / "trial.tgz").read_bytes() == TARBALL
    assert RELEASE.is_in(tmp_path / "trial.tgz")
    assert _Registry.asked == [("/npm/trial/-/trial-1.2.3.tgz", f"Bearer {TOKEN}")]


def test_what_was_not_pinned_is_not_used(address: str, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(f"registry={address}", encoding="utf-8")
    other = Release("trial", "1.2.3", INTEGRITY.replace("sha512-", "sha512-x"))
    with pytest.raises(AwaitedError, match="is not the one that is pinned"):
        other.fetch(tmp_path / "trial.tgz", tmp_path)
    assert not (tmp_path / "trial.tgz").exists()
    assert not other.is_in(tmp_path / "trial.tgz")


@pytest.mark.parametrize(("path", "why"), [("none/", "status 404"), ("\n", "NPM_CONFIG_REGISTRY")])
def test_what_is_not_there_is_told_without_the_token(address: str, tmp_path: Path, path: str, why: str) -> None:
    key = f"{address}{path}".removeprefix("http:")
    registry_line = "" if path == "\n" else f"registry={address}{path}\n"
    (tmp_path / "user").write_text(f"{registry_line}{key}:_authToken={TOKEN}\n", encoding="utf-8")
    with pytest.raises(AwaitedError, match=why) as told:
        RELEASE.fetch(tmp_path / "trial.tgz", tmp_path)
    assert TOKEN not in str(told.value)
    assert told.value.__cause__ is None


def test_a_registry_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    with pytest.raises(AwaitedError, match="it does not answer"):
        RELEASE.fetch(tmp_path / "trial.tgz", tmp_path)


def test_a_build_looks_again_where_a_setting_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine.state(tmp_path)
    assert machine.state(tmp_path) == before
    (tmp_path / "user").write_text("registry=http://user.test\n", encoding="utf-8")
    assert machine.state(tmp_path) != before
    monkeypatch.setenv("npm_config_registry", "http://named.test")
    assert "http://named.test" in machine.state(tmp_path)


def test_the_address_of_no_registry_is_written_here() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in Path(registry.__file__).parent.rglob("*.*s*"))
    text += "".join(file.read_text(encoding="utf-8") for file in Path(registry.__file__).parent.rglob("*.py"))
    known = {"127.0.0.1", "github.com", "mozilla.org", "docs.python.org"}
    assert set(re.findall(r"\w+://([\w.-]+)", text)) == known
