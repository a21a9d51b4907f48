"""What the tests of the memory share: a project that is built once, and stands as it was then before each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from awaited.read.project import Project


@pytest.fixture
def made(first: tuple[Project, Path]) -> Project:
    """The project that a file's ``first`` has built, as its copy kept it.

    It is at the same place: what is known of its files names them from the root on.
    """
    project, copy = first
    shutil.rmtree(project.root)
    shutil.copytree(copy, project.root)
    return project
