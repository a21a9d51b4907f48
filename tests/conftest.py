"""What the tests share: small projects to try things on, and the built site of this repository."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from zlib import crc32

import looptime
import pytest
from hypothesis import given
from hypothesis.strategies import just
from selectolax.lexbor import LexborHTMLParser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from awaited.build import only_build
from awaited.execute.articles import Outcome, execute
from awaited.execute.signals import run_until_done
from awaited.finish import markup
from awaited.finish.site import finish
from awaited.memory import freezer
from awaited.memory.results import Frozen
from awaited.progress import Progress
from awaited.prove.proofs import Proofs
from awaited.prove.pythons import PYTHONS
from awaited.read.articles import Article
from awaited.read.project import Project, load
from awaited.tangle.scripts import tangle_project
from awaited.weave.engines import weave
from awaited.weave.stage import Stage

ROOT = Path(__file__).parents[1]
STRICT = "awaited: {examples: strict, links: error}\n"
"""As our own site has it: nothing is let pass."""
CONFIG = f"project:\n  type: website\nwebsite:\n  title: Trial\n{STRICT}"

os.environ[PYTHONS] = "{}.{}".format(*sys.version_info)  # a test that wants more says so
sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema would compile it for long; see ``import_nbclient``
asyncio.set_event_loop(None)  # else looptime's plugin makes one by asking for it, and nobody closes it

MakeProject = Callable[..., Project]

# --- Side by side (``pytest -n logical``) -----------------------------------------------------------------------------

ONE_BY_ONE = tuple(f"tests/site/test_{name}.py" for name in ("editor", "browser", "readers", "search", "timelines"))
"""Files whose tests share nothing but the built site; first that whose tests take the longest."""
UNTRACED = ("tests/faults/", "tests/security/", "tests/site/")
"""Folders of tests for which the lines that run are not counted."""
FIREFOX = "Firefox"
"""What the names of tests in that browser hold."""
PAGES = (
    *sorted(folder.name for folder in (ROOT / "posts").iterdir() if folder.is_dir()),
    *sorted(page.stem for page in ROOT.glob("[!_]*.qmd") if page.stem != "index"),
    "proofs",
    "index",  # last, for so are also the files of articles named
)
"""What the names of tests of a page of the site hold; first those that take the longest."""


def _together(nodeid: str) -> str:
    """Which tests one worker does: those of a file share what it builds, those of a page the page that is open.

    One worker alone starts Firefox.
    """
    file, _, test = nodeid.partition("::")
    if file not in ONE_BY_ONE:
        return file
    if FIREFOX in test:
        return FIREFOX
    parameters = test.partition("[")[2]
    return next((page for page in PAGES if page in parameters), nodeid)


class _Together(LoadScopeScheduling):
    """Hands the tests that belong together to the worker that is free."""

    def _split_scope(self, nodeid: str) -> str:
        return _together(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors, for most tests wait now and then."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the order below
    return _Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Has one worker alone note the lines that run while the tests are collected, for they are the same in all."""
    with _untraced() if os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0" else contextlib.nullcontext():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes what looks at the built site for slow, for it has to be built.

    Has lines counted only where the tests are those of the code: others break it or look at what it made.
    """
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if item.nodeid.startswith(UNTRACED):
            item.add_marker("untraced")
    items.sort(key=partial(_order, are_mixed=hasattr(config, "workerinput")))


def _order(item: pytest.Item, are_mixed: bool) -> tuple[object, ...]:
    """Where a test stands among the others.

    Those in a browser come last: Playwright's event loop stays, and whoever needs one of their own is done by then.
    Of these, those of a page come first, in the order of its widths and colours, for a page is slow to change them;
    last of all those that any worker may take, so that none is idle at the end.
    Side by side, the files of the others are mixed: neighbours are alike, and where all wait nobody computes.
    """
    in_a_browser = item.path.parent == ROOT / "tests/site"
    file = item.nodeid.partition("::")[0]
    if file not in ONE_BY_ONE:
        return in_a_browser, 0, are_mixed and crc32(file.encode())
    together = _together(item.nodeid)
    if together == item.nodeid:
        return in_a_browser, 2, ONE_BY_ONE.index(file)
    place = -1 if together == FIREFOX else PAGES.index(together)
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    page = parameters.get("article") or parameters.get("path") or ""
    look = parameters.get("width", 1280), parameters.get("theme", "light")
    return in_a_browser, 1, place, str(getattr(page, "path", page)), look


def pytest_collection_finish() -> None:
    """Lets the garbage collector pass over all that has been imported and collected, for it stays."""
    given(just(None))(lambda _: None)()  # Hypothesis makes its random numbers; later it would not find who holds them
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Runs a test beside those of the other workers, or alone where it is marked so."""
    with contextlib.ExitStack() as held:
        with _locked("tests"):  # who waits for the others to end lets nobody new begin
            held.enter_context(_locked("pyproject.toml", shared=not item.get_closest_marker("alone")))
        if item.get_closest_marker("untraced"):
            held.enter_context(_untraced())
        return (yield)


@contextlib.contextmanager
def _untraced() -> Iterator[None]:
    """Has nobody note the lines that run."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@contextlib.contextmanager
def _locked(name: str, *, shared: bool = False) -> Iterator[None]:
    """Holds a lock that all workers know, a file or folder of this repository."""
    handle = os.open(ROOT / name, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough where a test has forked a process
        os.close(handle)


# --- Projects and the site --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of this repository."""
    return ROOT


@pytest.fixture(scope="session")
def make_project() -> MakeProject:
    """Writes a Quarto project into a folder: ``articles`` are its files by name, text or bytes."""

    def make(folder: Path, articles: Mapping[str, str | bytes] = {}, config: str = CONFIG) -> Project:
        for name, content in {"_quarto.yml": config, **articles}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(folder)

    return make


@pytest.fixture
def project(make_project: MakeProject, tmp_path: Path) -> MakeProject:
    """Writes a Quarto project into ``tmp_path``."""

    def make(articles: Mapping[str, str | bytes] = {}, config: str = CONFIG) -> Project:
        return make_project(tmp_path, articles, config)

    return make


@pytest.fixture
def progress() -> Progress:
    """A progress display that keeps what it is told: ``progress.stream.getvalue()``."""
    return Progress(io.StringIO())


@pytest.fixture
def virtual_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has waiting take no time from now on, for scripts that start event loops."""

    def start() -> None:
        monkeypatch.setattr("asyncio.events.new_event_loop", looptime.new_event_loop)
        # five minutes of that clock are over before a thread has ended
        monkeypatch.setattr("asyncio.constants.THREAD_JOIN_TIMEOUT", None, raising=False)

    return start


@pytest.fixture(scope="session")
def run() -> Callable[..., Outcome]:
    """Executes a project's articles, as the command line does."""

    def run(project: Project, progress: Progress | None = None, **options: object) -> Outcome:
        articles: list[Article] = project.articles()
        shown = progress or Progress(io.StringIO())
        return run_until_done(lambda: execute(project, articles, shown, **options))  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def kernels_of() -> Callable[[Path], list[str]]:
    """The command lines of the processes that work in a folder: a project's kernels, and what they have started."""

    def processes(folder: Path) -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").resolve(strict=True).is_relative_to(folder) and process.name != str(os.getpid()):
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found.append(f"{process.name} {command}")
        return [line for line in found if "python" in line or "sleep" in line]

    return processes


@pytest.fixture(scope="session")
def hears_ctrl_c() -> Callable[[], None]:
    """For ``preexec_fn``: a process started in the background of a script would ignore Ctrl-C, and so would its own."""

    def restore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return restore


@pytest.fixture(scope="session")
def start_preview(root: Path, hears_ctrl_c: Callable[[], None]) -> Callable[[Project], subprocess.Popen[str]]:
    """Starts ``awaited preview`` for a project, on a port that is free."""

    def start(project: Project) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "awaited", "preview", "--engine", "smalldocs", "--port", "0"],
            cwd=project.root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_ctrl_c,
        )

    return start


@pytest.fixture(scope="session")
def site(root: Path) -> Path:
    """The built site of this repository, or the one that the variable ``SITE`` names, such as one made by Quarto."""
    if named := os.environ.get("SITE"):
        return Path(named).resolve()
    command = [sys.executable, "-m", "awaited", "build", "--engine", "smalldocs"]
    environment = {name: value for name, value in os.environ.items() if name != PYTHONS}  # proven on all that there are
    with _locked("_quarto.yml"):  # one worker builds it, and the others find it built
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return load(root).site


@pytest.fixture(scope="session")
def woven(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LexborHTMLParser]:
    """The finished page, made by smalldocs, of an article's text and of what its cells are said to have given."""
    folder = tmp_path_factory.mktemp("woven")
    page = Path("posts/x.qmd")

    def woven(text: str, frozen: Callable[[Article], Frozen]) -> LexborHTMLParser:
        project = make_project(folder, {str(page): text.encode("utf-8", "surrogatepass")})
        article = project.read(page)
        freezer.write(project.freezer, article, article.text.encode(), frozen(article))
        with only_build(project):
            made = project.scratch / "site"
            weave(project, "smalldocs", Stage(project, [article]), made, Progress(io.StringIO()))
            finish(project, [article], made, tangle_project(project), Proofs())
            return markup.read(made / page.with_suffix(".html"))

    return woven
