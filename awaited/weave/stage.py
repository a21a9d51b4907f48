"""Lays out the project as smalldocs reads it, with the frozen results in the place of the cells."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from awaited.memory import freezer
from awaited.memory.document import FIGURES
from awaited.read.articles import Article, decode
from awaited.read.configuration import NAMES
from awaited.read.errors import AwaitedError
from awaited.read.losses import Loss, loss_at
from awaited.read.metadata import html_options, read_yaml, split_front_matter, without_tabs
from awaited.read.notebooks import notebook_of
from awaited.read.project import LEFT_OUT, Project
from awaited.weave.about import with_about
from awaited.weave.citations import cite
from awaited.weave.left_out import left_out, page_options
from awaited.weave.references import resolve


class StoppedError(Exception):
    """What a stage is prepared for has failed."""


class Stage:
    """A copy of the project as smalldocs reads it: without its generated parts, each page in its frozen Markdown."""

    def __init__(self, project: Project, pages: Sequence[Article]) -> None:
        """``pages`` are all of the project's."""
        self.folder = project.scratch / "stage"
        self._project, self.pages = project, pages
        self._copied: dict[Path, tuple[int, int]] = {}
        """Each file, and its size and time when it was copied."""
        self._laid_out: dict[Path, tuple[object, list[Loss]]] = {}
        """What each page was made from, and what that has lost."""
        self._writing, self._is_stopped = threading.Lock(), False

    def prepare(self) -> None:
        """Lays out what can be before the articles have run; what is missing, damaged or just being written waits."""
        with contextlib.suppress(OSError):
            for file in self._others():
                with contextlib.suppress(OSError):
                    self._copy(file)
            self._lay_out_settings()
        for page in self.pages:
            with contextlib.suppress(AwaitedError, OSError):
                self._lay_out_page(page)

    def stop(self) -> None:
        """Ends what another thread is preparing: from now on nothing is written."""
        with self._writing:
            self._is_stopped = True

    def lay_out(self) -> list[Loss]:
        """Lays out what has not been, or has changed since; gives what pages have lost by that.

        Raises AwaitedError where results are missing.
        """
        files = set(self._others())
        for file in files:
            self._copy(file)
        self._lay_out_settings()
        for file in self._copied.keys() - files:  # a cell's own, for a while
            (self.folder / file).unlink(missing_ok=True)
        for page in self.pages:
            laid_out = self._laid_out.get(page.path)
            if laid_out is None or laid_out[0] != freezer.state(self._project.freezer, page.path):
                self._lay_out_page(page)
        return [loss for page in self.pages for loss in self._laid_out[page.path][1]]

    def _others(self) -> Iterator[Path]:
        """The files of the project that are no pages."""
        pages = {page.path for page in self.pages}
        return (file for file in _files(self._project.root, self._project) if file not in pages)

    def _copy(self, file: Path) -> None:
        """Copies a file that is new or has changed: cells may write files that pages show."""
        found = (self._project.root / file).stat()
        state = found.st_size, found.st_mtime_ns
        if self._copied.get(file) != state:
            with self._write(file) as target:
                shutil.copy2(self._project.root / file, target)
                self._copied[file] = state

    def _lay_out_settings(self) -> None:
        """Writes the files of settings that smalldocs would not find, or not read as Quarto does."""
        root, config = self._project.root, self._project.config
        for file in [file for file in self._copied if file.stem == "_metadata"]:
            self._write_settings(file.with_suffix(".yml"), root / file, file.suffix != ".yml")
        own = root / self._project.config_file
        config = page_options(config)
        if read_yaml(decode(own.read_bytes(), own.name), own.name, 1) != config:  # profiles, and files that it names
            with self._write(Path(NAMES[0])) as target:
                target.write_text(yaml.safe_dump(dict(config), allow_unicode=True, sort_keys=False), encoding="utf-8")
        else:
            self._write_settings(Path(NAMES[0]), own, own.name != NAMES[0])

    def _write_settings(self, file: Path, source: Path, is_missing: bool) -> None:
        text = decode(source.read_bytes(), source.name)
        if is_missing or without_tabs(text) != text:
            with self._write(file) as target:
                target.write_text(without_tabs(text), encoding="utf-8")

    def _lay_out_page(self, page: Article) -> None:
        frozen, root, losses = self._project.freezer, self._project.root, left_out(page)
        if page.holds_outputs and not (page.has_code and freezer.state(frozen, page.path)):  # what it holds is shown
            self._copy(page.path)
            self._laid_out[page.path] = [], losses
            return
        state = freezer.state(frozen, page.path)
        markdown = freezer.markdown(frozen, page.path) if page.has_code else page.text

        def miss(label: str) -> None:
            wrong = f"the reference '@{label}' leads to nothing on its page", "correct it"
            losses.append(loss_at(*wrong, page.path, page.line_with(f"@{label}")))

        markdown = with_about(_with_plain_header(markdown, page), page)
        markdown = cite(markdown, page, self._project, losses.append)
        resolved = resolve(markdown, miss, numbers_sections=bool(html_options(page.metadata).get("number-sections")))
        with self._write(page.path) as target:
            if page.path.suffix == ".ipynb":
                resolved = notebook_of(resolved, split_front_matter(resolved, page.path)[1])
            target.write_text(resolved, encoding="utf-8")
            shutil.copystat(root / page.path, target)  # for 'last-modified'
            figures = Path(page.path.parent, f"{page.path.stem}_files", FIGURES)
            shutil.rmtree(self.folder / figures, ignore_errors=True)
            if (root / figures).is_dir():  # the author's own, or left by Quarto
                shutil.copytree(root / figures, self.folder / figures)
            freezer.copy_figures(frozen, page.path, self.folder)
            self._laid_out[page.path] = state, losses

    @contextlib.contextmanager
    def _write(self, file: Path) -> Iterator[Path]:
        """Where to write a file of the project; raises StoppedError once somebody has stopped it."""
        with self._writing:
            if self._is_stopped:
                raise StoppedError
            target = self.folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            yield target


def _with_plain_header(markdown: str, page: Article) -> str:
    """A page whose header has no tabs at the ends of its lines."""
    lines = markdown.split("\n")
    header = split_front_matter(markdown, page.path)[1] if "\t" in markdown else 0
    return "\n".join([*without_tabs("\n".join(lines[:header])).split("\n"), *lines[header:]]) if header else markdown


def _files(folder: Path, project: Project) -> Iterator[Path]:
    made = {project.site, project.freezer, project.scratch}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in LEFT_OUT or entry in made:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry, project)
        elif entry.is_file():
            yield entry.relative_to(project.root)
