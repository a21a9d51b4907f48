"""Fetches a package from the npm registry: from the one that npm's own settings name."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from awaited.live.machine import npm_files, npm_setting
from awaited.memory.files import write_whole
from awaited.read.errors import AwaitedError

TIMEOUT = 30.0
"""Seconds without an answer after which the registry counts as not there."""
UNSET = "no npm registry is known here: set NPM_CONFIG_REGISTRY, or `registry=…` in ~/.npmrc, to its address"


@dataclass(frozen=True)
class Release:
    """A package at one version, known by its contents."""

    name: str
    version: str
    integrity: str
    """The SHA-512 of its tarball as npm writes it: ``sha512-`` and base64."""

    @property
    def file(self) -> str:
        """The name of its tarball."""
        return f"{self.name}-{self.version}.tgz"

    def is_in(self, file: Path) -> bool:
        """Whether a file holds just this release."""
        try:
            return self._holds(file.read_bytes())
        except OSError:
            return False

    def _holds(self, data: bytes) -> bool:
        return self.integrity == "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()

    def fetch(self, file: Path, root: Path) -> None:
        """Puts the tarball in a file; raises AwaitedError, which never tells a token, where it cannot be had."""
        settings = Settings.read(root)
        could_not = f"{self.file} could not be had from the npm registry"
        request = urllib.request.Request(f"{settings.registry}/{self.name}/-/{self.file}")  # noqa: S310  # see Settings
        if settings.token:
            request.add_unredirected_header("Authorization", f"Bearer {settings.token}")
        try:
            context = ssl.create_default_context(cafile=settings.cafile or None)
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=context) as answer:  # noqa: S310
                data = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise AwaitedError(f"{could_not}: status {error.code}") from None
        except (OSError, ValueError, http.client.HTTPException):
            raise AwaitedError(f"{could_not}: it does not answer") from None
        if not self._holds(data):
            raise AwaitedError(f"the npm registry's {self.file} is not the one that is pinned; nothing of it is used")
        write_whole(file, data)


@dataclass(frozen=True)
class Settings:
    """What npm's settings say of the registry."""

    registry: str
    """Its address, without a slash at its end."""
    token: str = ""
    cafile: str = ""

    @staticmethod
    def read(root: Path) -> Settings:
        """The settings in force for a project, first of the environment, then of its files, then as npm itself says.

        Raises AwaitedError where none of them names a registry that can be asked.
        """
        found: dict[str, str] = {}
        for layer in _layers(root):
            found = {**layer, **found}
        registry = (found.get("registry") or _asked()).rstrip("/")
        if not re.match(r"https?://[^\s/]", registry):
            raise AwaitedError(UNSET)
        token = found.get(f"{registry.partition(':')[2]}/:_authToken", "")
        return Settings(registry, token, found.get("cafile", ""))


def _layers(root: Path) -> Iterator[dict[str, str]]:
    names = ("registry", "cafile")
    yield {name: value for name in names if (value := npm_setting(name))}
    for file in npm_files(root):
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith(("#", ";")))
        yield {name.strip(): _expanded(value.strip().strip("\"'")) for name, _, value in pairs}


def _expanded(value: str) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), value)


def _asked() -> str:
    """The registry that npm itself would ask; empty where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        return ""
    try:
        done = subprocess.run(
            [npm, "config", "get", "registry"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
