"""Small sites with scripts and proofs, made without running anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trial_site import CONFIG, PAGES, WITH_SOURCE, Trial, make_trial

from awaited.read.project import Project

MakeProject = Callable[..., Project]


@pytest.fixture(scope="session")
def trial(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The site of a project that does not say where its source is published."""
    return make_trial(make_project(tmp_path_factory.mktemp("trial"), PAGES, CONFIG))


@pytest.fixture(scope="session")
def trial_with_source(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The same, and where its source is published."""
    return make_trial(make_project(tmp_path_factory.mktemp("source"), PAGES, WITH_SOURCE))


@pytest.fixture(scope="session")
def unproven(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The same as the first, made without running the scripts."""
    return make_trial(make_project(tmp_path_factory.mktemp("unproven"), PAGES, CONFIG), proves=False)
