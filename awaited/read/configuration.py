"""Reads a project's configuration as Quarto puts it together: its file, further files, and those of the profiles.

(Source: "Project Profiles" and "Projects" in Quarto's guide, and its ``src/project/project-profile.ts``.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from awaited.read.articles import decode
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list, read_yaml
from awaited.read.options import check_metadata
from awaited.read.settings import check_settings

NAMES = ("_quarto.yml", "_quarto.yaml")
FOLDER_NAMES = ("_metadata.yml", "_metadata.yaml")
PROFILES = "QUARTO_PROFILE"
"""The variable that names profiles, with commas or spaces between them."""


def find(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of some files that a folder has."""
    return next((file for name in names if (file := folder / name).is_file()), None)


def read_configuration(root: Path) -> tuple[dict[str, Any], str]:
    """The configuration of the project in a folder, and the name of its file.

    Raises AwaitedError where there is none, and where one of its files is invalid.
    """
    file = find(root, NAMES)
    if file is None:
        raise AwaitedError(f"no {NAMES[0]} here: name the folder of a Quarto project", root)
    config = read_settings_file(file, file.name)
    for extra in as_list(config.get("metadata-files") or []):
        if (root / str(extra)).is_file():
            config = _joined(read_settings_file(root / str(extra), str(extra)), config)
    for over in _files_over(root, config):
        config = _joined(config, read_settings_file(over, over.name))
    return config, file.name


def read_folder(root: Path, folder: Path) -> dict[str, Any]:
    """The metadata that a folder, relative to the root, gives its pages."""
    file = find(root / folder, FOLDER_NAMES)
    return read_settings_file(file, file.relative_to(root)) if file else {}


def read_settings_file(file: Path, shown: Path | str) -> dict[str, Any]:
    """What a file of settings says; raises AwaitedError, with the line, where it is invalid or of a wrong type."""
    try:
        text = decode(file.read_bytes(), shown)
    except OSError as error:
        raise AwaitedError(f"cannot be read: {error.strerror}", shown) from None
    settings, lines = read_yaml(text, shown, 1), text.split("\n")
    check_metadata(settings, shown, lines)
    check_settings(settings, shown, lines)
    return settings


def _files_over(root: Path, config: Mapping[str, Any]) -> Iterator[Path]:
    """What lies over the project's own file: the active profiles, the first one uppermost, and what is local."""
    local = find(root, tuple(f"{name}.local" for name in NAMES))
    profile = (read_settings_file(local, local.name) if local else {}).get("profile") or config.get("profile")
    for name in reversed(active_profiles(profile)):
        if file := find(root, (f"_quarto-{name}.yml", f"_quarto-{name}.yaml")):
            yield file
    if local:
        yield local


def active_profiles(profile: object) -> list[str]:
    """The active profiles: those that the variable names, else the default ones, and the first of each other group."""
    settings = profile if isinstance(profile, dict) else {}
    named = os.environ.get(PROFILES) or ",".join(map(str, as_list(settings.get("default") or [])))
    active = [name for name in re.split(r"[ ,]+", named) if name]
    groups = settings.get("group") or []
    for group in groups if all(isinstance(group, list) for group in groups) else [groups]:
        if group and not set(group) & set(active):
            active.append(str(group[0]))
    return active


def _joined(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two files in one, as Quarto joins them: mappings at every depth, lists one after the other."""
    joined = dict(base)
    for name, value in over.items():
        below = joined.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            joined[name] = _joined(below, value)
        elif isinstance(below, list) and isinstance(value, list):
            joined[name] = [*below, *(one for one in value if one not in below)]
        else:
            joined[name] = value
    return joined
