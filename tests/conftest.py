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
from pathlib import Path

import looptime
import pytest
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

ONE_BY_ONE = tuple(f"tests/site/test_{name}.py" for name in ("browser", "editor", "readers", "search", "timelines"))
"""Files whose tests share nothing but the built site."""
FIREFOX = "Firefox"
"""What the names of tests in that browser hold."""


class _ByFile(LoadScopeScheduling):
    """Hands the tests of a file to one worker, for they share what it builds, or each to the worker that is free.

    One worker alone starts Firefox, and opens in it the pages that many tests look at.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file not in ONE_BY_ONE else FIREFOX if FIREFOX in nodeid else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors, for most tests wait now and then."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the order below
    return _ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes what looks at the built site for slow, for it has to be built.

    Puts the tests in a browser last: Playwright's event loop stays, and whoever needs one of their own is done by then.
    Last of all come those that any worker may take, so that none is idle at the end.
    """
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    items.sort(
        key=lambda item: (
            item.path.parent == ROOT / "tests/site",
            item.nodeid.startswith(ONE_BY_ONE),
            FIREFOX not in item.nodeid,
        )
    )


def pytest_collection_finish() -> None:
    """Lets the garbage collector pass over all that has been imported and collected, for it stays."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Runs a test beside those of the other workers, or alone where it is marked so."""
    with contextlib.ExitStack() as held:
        with _locked("tests"):  # who waits for the others to end lets nobody new begin
            held.enter_context(_locked("pyproject.toml", shared=not item.get_closest_marker("alone")))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Has nobody note the lines that an untraced test runs."""
    if not item.get_closest_marker("untraced"):
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
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
