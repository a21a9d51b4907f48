"""Disks that are full or read-only, and links out of the project: nothing is lost, or written outside."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awaited.read.project import Project
from tests.faults.injection import GOOD, build, contents, fault, nothing_lost, said

CHANGED = GOOD.replace("hello", "changed")
FULL = "No space left on device; the last good site stays"
READ_ONLY = "Read-only file system; the last good site stays"
IN_THE_WAY = (
    "is in the way of the script of cell 'greet' at posts/good.qmd:5, and `awaited tangle` has not made it; "
    "move it away, or rename that label"
)
RECORD = "_freeze/posts/good/execute-results/html.json"
Disk = Callable[..., None]


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Puts a small disk, with what stands there, over a folder; it goes when the test ends."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str = "4m", *, read_only: bool = False) -> None:
        copy = folder.with_name(f"{folder.name} (copy)")
        shutil.copytree(folder, copy)
        try:
            run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no disk can be mounted here, which takes the rights of root")
        mounted.append(folder)
        shutil.copytree(copy, folder, dirs_exist_ok=True)
        shutil.rmtree(copy)
        if read_only:
            run("mount", "-o", "remount,ro", folder)

    yield mount
    for folder in reversed(mounted):
        run("umount", folder)


def fill(folder: Path, *, leave: int = 0) -> Path:
    """Fills a disk but for some bytes, with a file that is removed to make room again."""
    ballast = folder / "ballast"
    size = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    ballast.write_bytes(bytes(size - leave))
    return ballast


def fails(project: Project, capfd: pytest.CaptureFixture[str]) -> str:
    """What a build of a changed article says as it fails."""
    (project.root / "posts/good.qmd").write_text(CHANGED)
    capfd.readouterr()
    assert build(project) == 1
    out, errors = capfd.readouterr()
    assert "index.html" not in out
    return said(errors)


def goes_on(project: Project) -> None:
    """The next build is right."""
    assert build(project) == 0
    for page in ("_site/posts/good.html", "examples/good/greet.py"):
        assert "changed" in (project.root / page).read_text()


@pytest.mark.parametrize(
    ("folder", "leave", "outcome"),
    [
        fault("the disk is full: no lock can be written", FULL, ".", 0),
        fault(
            "the disk is full while the freezer is written",
            f"_freeze/posts/good/execute-results/html.json: {FULL}",
            "_freeze",
            0,
        ),
        fault("the disk is full while a script is written", f"examples/good/greet.py: {FULL}", "examples", 0),
        fault("the disk is full while the site is written", FULL, ".", 64 * 1024),
    ],
)
def test_a_full_disk(
    project: Project,
    disk: Disk,
    capfd: pytest.CaptureFixture[str],
    folder: str,
    leave: int,
    outcome: str,
) -> None:
    disk(project.root / folder)
    ballast = fill(project.root / folder, leave=leave)
    with nothing_lost(project, but_for="nothing" if folder == "_freeze" else "_freeze"):
        assert fails(project, capfd).endswith(f"awaited: {outcome}\n" if leave == 0 else f"{outcome}\n")
    ballast.unlink()
    goes_on(project)


@pytest.mark.fault("the disk for temporary files is full", "one message; nothing is lost")
def test_a_full_disk_for_temporary_files(
    project: Project, tmp_path: Path, disk: Disk, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    disk(full)
    ballast = fill(full)
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(full))
        patch.setenv("TMPDIR", str(full))
        with nothing_lost(project):
            (message,) = fails(project, capfd).splitlines()
    assert message.startswith("awaited: ")
    assert "No space left on device" in message
    ballast.unlink()
    goes_on(project)


@pytest.mark.parametrize(
    ("folder", "outcome"),
    [
        fault("the project is read-only", f".awaited/lock: {READ_ONLY}", "."),
        fault("the freezer is read-only", f"{RECORD}: {READ_ONLY}", "_freeze"),
        fault("the scripts are read-only", f"examples/good/greet.py: {READ_ONLY}", "examples"),
    ],
)  # fmt: skip
def test_a_read_only_disk(
    project: Project, disk: Disk, capfd: pytest.CaptureFixture[str], folder: str, outcome: str
) -> None:
    (project.root / "posts/good.qmd").write_text(CHANGED)
    disk(project.root / folder, read_only=True)
    capfd.readouterr()
    with nothing_lost(project, but_for="nothing" if folder == "_freeze" else "_freeze"):
        assert build(project) == 1
    errors = capfd.readouterr().err
    assert said(errors).endswith(f"awaited: {outcome}\n")
    run("mount", "-o", "remount,rw", project.root / folder)
    goes_on(project)


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        fault("a folder stands where a record is to be written",
              "_freeze/posts/good/execute-results/html.json: Is a directory; the last good site stays",
              "_freeze/posts/good/execute-results/html.json"),
        fault("a folder stands where a script is to be written",
              f"examples/good/greet.py: {IN_THE_WAY}", "examples/good/greet.py"),
        fault("a folder stands where the lock is", ".awaited/lock: Is a directory; the last good site stays",
              ".awaited/lock"),
    ],
)  # fmt: skip
def test_a_folder_in_the_place_of_a_file(
    project: Project, capfd: pytest.CaptureFixture[str], place: str, outcome: str
) -> None:
    (project.root / place).unlink()
    (project.root / place / "something").mkdir(parents=True)
    before = contents(project)
    assert fails(project, capfd).endswith(f"awaited: {outcome}\n")
    assert {k: v for k, v in contents(project).items() if not k.startswith("_freeze")} == {
        k: v for k, v in before.items() if not k.startswith("_freeze")
    }
    shutil.rmtree(project.root / place)
    goes_on(project)


def write(file: Path) -> None:
    file.write_bytes(b"print('mine, gr\xfcn')\n")


def link(file: Path) -> None:
    file.symlink_to("../../_quarto.yml")


@pytest.mark.parametrize(
    ("place", "make", "outcome"),
    [
        fault(name, f"{place}: {IN_THE_WAY}", place, make)
        for name, place, make in (
            ("a file of somebody's own stands where a script is to be written", "examples/good/greet.py", write),
            ("a link stands where a script is to be written", "examples/good/greet.py", link),
            ("a file of somebody's own has a script's name but for upper and lower case",
             "examples/good/Greet.py", write),
            ("a file stands where the folder of scripts is to be", "examples/good", write),
        )
    ],
)  # fmt: skip
def test_a_file_in_the_way_of_a_script(
    project: Project, capfd: pytest.CaptureFixture[str], place: str, make: Callable[[Path], None], outcome: str
) -> None:
    shutil.rmtree(project.root / "examples/good")
    file = project.root / place
    file.parent.mkdir(exist_ok=True)
    make(file)
    with nothing_lost(project, but_for="_freeze"):
        assert fails(project, capfd) == f"awaited: {outcome}\n"
    file.rename(project.root / "mine")
    goes_on(project)


@pytest.mark.fault("files of somebody's own stand beside the scripts", "they stay as they are")
def test_files_beside_the_scripts(project: Project) -> None:
    folder = project.root / "examples/good"
    theirs = [folder / name for name in ("__init__.py", "helpers.py", "data.csv", "greet/greet.py")]
    for file in theirs:
        file.parent.mkdir(exist_ok=True)
        write(file)
    (folder / "latest.py").symlink_to("greet.py")
    before = [file.read_bytes() for file in theirs]
    (project.root / "posts/good.qmd").write_text(CHANGED)
    goes_on(project)
    assert [file.read_bytes() for file in theirs] == before
    assert (folder / "latest.py").readlink() == Path("greet.py")


@pytest.mark.parametrize("folder", ["_site", "_freeze", "examples", ".awaited"])
@pytest.mark.fault(
    "a file stands where `_site`, `_freeze`, `examples` or `.awaited` is to be",
    "_freeze: is a file, and a folder is to be made in its place; move it away",
)
def test_a_file_in_the_place_of_a_folder(project: Project, capfd: pytest.CaptureFixture[str], folder: str) -> None:
    shutil.rmtree(project.root / folder)
    (project.root / folder).write_text("mine")
    before = contents(project)
    wrong = "is a file, and a folder is to be made in its place; move it away"
    assert fails(project, capfd) == f"awaited: {folder}: {wrong}\n"
    assert contents(project) == before
    assert (project.root / folder).read_text() == "mine"
    (project.root / folder).unlink()
    goes_on(project)


# --- Links out of the project -----------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder outside of the project that must stay as it is."""
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    for name in ("file.py", "deep/html.json", "page.qmd"):
        (outside / name).write_text(GOOD)
    before = {file: (file.lstat().st_mtime_ns, file.is_file() and file.read_bytes()) for file in outside.rglob("*")}
    yield outside
    after = {file: (file.lstat().st_mtime_ns, file.is_file() and file.read_bytes()) for file in outside.rglob("*")}
    assert after == before


AWAY = "is a link out of the project, to OUTSIDE; nothing is written there: remove the link"


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        fault(f"`{place}` is a link out of the project", f"{place}: {AWAY}", place)
        for place in ("_site", "_freeze", "examples", ".awaited", "_freeze/posts", "examples/good")
    ],
)
def test_a_folder_that_is_a_link_out_of_the_project(
    project: Project, outside: Path, capfd: pytest.CaptureFixture[str], place: str, outcome: str
) -> None:
    shutil.rmtree(project.root / place)
    (project.root / place).symlink_to(outside)
    before = contents(project)
    assert fails(project, capfd) == f"awaited: {outcome}\n".replace("OUTSIDE", str(outside))
    assert contents(project) == before
    (project.root / place).unlink()
    goes_on(project)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        pytest.param(place, target, marks=pytest.mark.fault(name, "it is replaced or removed; what it led to stays"))
        for name, place, target in (
            ("a record is a link out of the project", "_freeze/posts/good/execute-results/html.json", "deep/html.json"),
            ("a page of the site is a link out of the project", "_site/index.html", "file.py"),
            ("a folder of the site is a link out of the project", "_site/posts", "deep"),
            ("work in progress is a link out of the project", ".awaited/site", "deep"),
        )
    ],
)  # fmt: skip
def test_a_file_that_is_a_link_out_of_the_project(project: Project, outside: Path, place: str, target: str) -> None:
    link = project.root / place
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(outside / target)
    (project.root / "posts/good.qmd").write_text(CHANGED)
    goes_on(project)
    assert not link.is_symlink()


@pytest.mark.fault("a script is a link out of the project", f"examples/good/greet.py: {IN_THE_WAY}")
def test_a_script_that_is_a_link_out_of_the_project(
    project: Project, outside: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    link = project.root / "examples/good/greet.py"
    link.unlink()
    link.symlink_to(outside / "file.py")
    with nothing_lost(project, but_for="_freeze"):
        assert fails(project, capfd) == f"awaited: examples/good/greet.py: {IN_THE_WAY}\n"
    assert link.readlink() == outside / "file.py"
    link.unlink()
    goes_on(project)


@pytest.mark.fault(
    "the lock is a link out of the project",
    ".awaited/lock: Too many levels of symbolic links; the last good site stays",
)
def test_a_lock_that_is_a_link(project: Project, outside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock = project.scratch / "lock"
    lock.unlink()
    lock.symlink_to(outside / "file.py")
    with nothing_lost(project):
        wrong = "Too many levels of symbolic links; the last good site stays"
        assert fails(project, capfd) == f"awaited: .awaited/lock: {wrong}\n"
    lock.unlink()
    goes_on(project)


@pytest.mark.fault("an article's folder is a link out of the project", "it is passed over")
@pytest.mark.fault("an article is a link out of the project", "its page is built; nothing is written beside the file")
def test_an_article_that_is_a_link(project: Project, outside: Path) -> None:
    (project.root / "posts/linked").symlink_to(outside)
    (project.root / "posts/page.qmd").symlink_to(outside / "page.qmd")
    (project.root / "posts/good.qmd").write_text(CHANGED)
    goes_on(project)
    assert "hello" in (project.site / "posts/page.html").read_text()
    assert not (project.site / "posts/linked").exists()


@pytest.mark.parametrize("folder", ["../outside", "/tmp", ".", "posts/..", "_freeze"])
@pytest.mark.fault(
    "`output-dir` is outside of the project, or the project itself",
    "_quarto.yml:3: 'output-dir' must be a folder of its own inside the project",
)
def test_an_output_folder_outside(
    project: Project, outside: Path, capfd: pytest.CaptureFixture[str], folder: str
) -> None:
    config = (project.root / "_quarto.yml").read_text()
    with nothing_lost(project):
        (project.root / "_quarto.yml").write_text(f"project:\n  type: website\n  output-dir: {folder}\n")
        wrong = "_quarto.yml:3: 'output-dir' must be a folder of its own inside the project"
        assert fails(project, capfd) == f"awaited: {wrong}\n"
    (project.root / "_quarto.yml").write_text(config)
    goes_on(project)


@pytest.mark.fault(
    "`output-dir` names a folder that holds something else",
    "posts: is the place of the site, but holds something else; move that away, or name another 'output-dir'",
)
def test_an_output_folder_that_holds_something_else(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    with nothing_lost(project):
        (project.root / "_quarto.yml").write_text("project:\n  type: website\n  output-dir: posts\n")
        wrong = "is the place of the site, but holds something else; move that away, or name another 'output-dir'"
        assert fails(project, capfd) == f"awaited: posts: {wrong}\n"
    assert (project.root / "posts/good.qmd").read_text() == CHANGED
