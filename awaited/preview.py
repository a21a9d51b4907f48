"""Serves the site on 127.0.0.1 while it is being written: builds again on each change, and reloads the open pages."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import LEFT_OUT, Project

RELOAD_PATH = "/.awaited/reload"
SCRIPT_PATH = "/.awaited/reload.js"
SCRIPT = f"new EventSource({RELOAD_PATH!r}).onmessage = () => location.reload();\n".encode()
SCRIPT_TAG = f'<script src="{SCRIPT_PATH}"></script>'.encode()  # from a file: pages forbid scripts that stand in them
OWN_NAMES = ("127.0.0.1", "localhost")
INTERVAL = 0.5
"""Seconds between two looks at the sources."""
IDLE = 3.0
"""Seconds without a change after which there is time to prove the scripts."""


class _Handler(SimpleHTTPRequestHandler):
    """Serves files; an HTML page also gets the line of script that reloads it after a build."""

    def __init__(self, *args: object, built: threading.Condition, directory: str) -> None:
        self.built = built
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def parse_request(self) -> bool:
        """Refuses what asks for another host, as a foreign page does whose name leads here (DNS rebinding)."""
        if not super().parse_request():
            return False
        if self.headers.get("Host", "").rpartition(":")[0] in OWN_NAMES:
            return True
        self.send_error(403, "ask for 127.0.0.1 or localhost")
        return False

    def translate_path(self, path: str) -> str:
        """The file that a path names; none for one that leads out of the site, through a symbolic link."""
        site = Path(self.directory).resolve()
        with contextlib.suppress(ValueError):  # a NUL in it
            file = super().translate_path(path)
            if Path(file).resolve().is_relative_to(site):
                return file
        return str(site / "404.html" / "nothing")

    def do_GET(self) -> None:
        if self.path == RELOAD_PATH:
            self._tell_when_built()
            return
        if self.path == SCRIPT_PATH:
            self._send(200, "text/javascript", SCRIPT)
            return
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() and urlsplit(self.path).path.endswith("/") else file
        status = 200
        if not file.exists():
            file, status = Path(self.directory) / "404.html", 404
        if file.suffix != ".html" or not file.is_file():
            super().do_GET()
            return
        self._send(status, "text/html", file.read_bytes() + SCRIPT_TAG)

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _tell_when_built(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with self.built:
            self.built.wait()
        self.wfile.write(b"data: built\n\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


def preview(project: Project, rebuild: Callable[[bool], object], progress: Progress, port: int = 4200) -> None:
    """Builds, serves, and builds again on each change, until Ctrl-C; after an error the last good site stays.

    ``rebuild`` is told whether to prove the scripts: it is, once nothing has changed for a while.
    """
    built = threading.Condition()
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, built=built, directory=str(project.site)))
    except OSError as error:
        raise AwaitedError(f"cannot serve on port {port}: {error.strerror}; choose another with --port") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    progress.say(f"preview at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)")
    seen: dict[Path, int] = {}
    since, is_proven = time.monotonic(), True
    try:
        while True:
            now = sources(project)
            is_idle = now == seen and time.monotonic() - since >= IDLE
            if now != seen or (is_idle and not is_proven):
                try:
                    rebuild(is_idle)
                except (AwaitedError, OSError) as error:
                    progress.say(f"awaited: {error}")
                with built:
                    built.notify_all()
                seen, since, is_proven = now, time.monotonic(), is_idle
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        progress.say("preview ended")
    finally:
        server.shutdown()
        server.server_close()


def sources(project: Project) -> dict[Path, int]:
    """Every file that a build may read, with the time it was last changed, in nanoseconds."""
    made = {project.site, project.freezer, project.scratch, project.root / "examples", project.root / "tests"}
    found: dict[Path, int] = {}
    todo = [project.root]
    while todo:
        for entry in todo.pop().iterdir():
            if entry.name.startswith(".") or entry.name in LEFT_OUT or entry in made:
                continue
            if entry.is_dir() and not entry.is_symlink():
                todo.append(entry)
            else:
                with contextlib.suppress(FileNotFoundError):  # an editor's file, gone again, or a link to nowhere
                    found[entry] = entry.stat().st_mtime_ns
    return found
