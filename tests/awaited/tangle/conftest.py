"""A project with a page of four scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaited.read.project import Project, load
from tests.awaited.tangle.cells import PAGE


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "_quarto.yml").write_text("project:\n  type: website\nawaited:\n  examples: strict\n")
    (tmp_path / "tasks.qmd").write_text(PAGE)
    return load(tmp_path)
