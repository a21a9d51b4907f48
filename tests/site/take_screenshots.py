"""Takes the pictures of the README: the index and an article, light and dark. Run by ``make screenshots``."""

from __future__ import annotations

import functools
import http.server
import io
import threading
from pathlib import Path

from conftest import FLAGS, find_browser
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "images"
PICTURES = {"index": "", "article": "posts/async-python-basics/#fig-gather"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    handler = functools.partial(_Quiet, directory=str(ROOT / "_site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=list(FLAGS))
        for name, path in PICTURES.items():
            for theme in ("light", "dark"):
                page = browser.new_page(viewport={"width": 1120, "height": 760}, color_scheme=theme)
                page.goto(f"http://127.0.0.1:{server.server_port}/{path}")
                picture = Image.open(io.BytesIO(page.screenshot()))
                file = FOLDER / f"{name}-{theme}.png"
                picture.convert("RGB").quantize(128).save(file, optimize=True)
                print(file.relative_to(ROOT), file.stat().st_size)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
