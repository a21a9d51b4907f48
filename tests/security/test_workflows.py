"""What runs and installs for the project is pinned, and may do no more than it must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.y*ml"))
MAY_WRITE = {"publish.yml": {"deploy": {"pages", "id-token"}}}
"""The permissions to write that are needed, by workflow and job: what GitHub's ``deploy-pages`` asks for."""


def read(file: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def test_nothing_is_published_without_its_proofs() -> None:
    """The build that is published proves on every Python that is supported, and stops where one is missing."""
    workflow = read(ROOT / ".github/workflows/publish.yml")
    supported = [f"3.{minor}" for minor in range(11, 16)]
    assert workflow["env"] == {"AWAITED_PYTHONS": " ".join(supported)}
    jobs = workflow["jobs"]
    published = [name for name, job in jobs.items()
                 for step in job["steps"] if "upload-pages-artifact" in step.get("uses", "")]  # fmt: skip
    assert published == ["build"]
    assert jobs["deploy"]["needs"] == "build"
    for name in ("execute", "build"):  # cells may want another Python, too
        (setup,) = [step for step in jobs[name]["steps"] if "setup-python@" in step.get("uses", "")]
        assert sorted(setup["with"]["python-version"].split()) == supported
    commands = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    assert commands == ["make site"]
    target = re.search(r"^site:.*?\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert target is not None
    assert target[1] == "\t@$(BIN)/awaited build\n"
    assert not any("env" in step or "continue-on-error" in step for step in jobs["build"]["steps"])


def test_there_are_workflows() -> None:
    assert {file.name for file in WORKFLOWS} >= {"test.yml", "publish.yml"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_permissions_are_minimal(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for name, job in workflow["jobs"].items():
        granted = job.get("permissions", {})
        assert isinstance(granted, dict), "each permission by name, no read-all"
        may_write = {scope for scope, level in granted.items() if level != "read"}
        assert may_write <= MAY_WRITE.get(file.name, {}).get(name, set())


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_keep_no_credentials(file: Path) -> None:
    workflow = read(file)
    used = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    used += [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_from_outside_becomes_a_command(file: Path) -> None:
    workflow = read(file)
    triggers = workflow[True] if True in workflow else workflow["on"]  # YAML 1.1 reads 'on' as true
    assert not {"pull_request_target", "workflow_run", "issue_comment", "issues"} & set(triggers)
    for step in steps(workflow):
        inserted = re.findall(r"\$\{\{(.*?)\}\}", str(step.get("run", "")))
        assert all(re.fullmatch(r"\s*matrix\.[\w-]+\s*", text) for text in inserted), inserted
        assert not re.search(r"curl|wget|npx|\|\s*(ba)?sh\b", str(step.get("run", "")))
    assert "secrets." not in file.read_text(encoding="utf-8")


# --- Packages ---------------------------------------------------------------------------------------------------------


def test_every_package_is_locked_by_hash() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    entries = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        pinned = r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+(\s*;[^#]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
        assert re.fullmatch(pinned, entry), entry[:100]


def test_nothing_is_installed_but_what_is_locked() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    recipes = dict(re.findall(r"^([\w./-]+):[^\n]*\n((?:\t[^\n]*\n?)+)", makefile, re.M))
    by_hand = recipes.pop("lock") + recipes.pop("quarto")  # what a person asks for, to change the lock or to get Quarto
    assert "pip install" in by_hand
    installs = [line for recipe in recipes.values() for line in recipe.splitlines() if re.search(r"\bpip3? ", line)]
    locked, own = installs
    assert "--require-hashes -r requirements.txt" in locked
    assert "--no-deps --no-build-isolation --editable ." in own
    for line in "\n".join(recipes.values()).splitlines():
        assert not re.search(r"\b(curl|wget|npm|npx|uv|pipx|conda)\b", line), line


# --- What is promised -------------------------------------------------------------------------------------------------


def test_each_promise_names_its_test() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 5
    for promise, test in rows:
        assert (ROOT / test.strip().strip("`")).is_file(), promise
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
