"""A site that knows nothing of this tool, in the manner of those that ``quarto create project blog`` makes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

CONFIG = """\
project:
  type: website

website:
  title: "Notes of a Stranger"
  description: "A blog built with Quarto"
  site-url: https://blog.example.com
  navbar:
    right:
      - about.qmd
      - icon: github
        href: https://github.com/
format:
  html:
    theme:
      - cosmo
      - brand
    css: styles.css

editor: visual
"""
INDEX = """\
---
title: "Notes of a Stranger"
listing:
  contents: posts
  feed: true
  sort: "date desc"
  type: default
  categories: true
  sort-ui: false
  filter-ui: false
page-layout: full
title-block-banner: true
---
"""
ABOUT = """\
---
title: "About"
image: profile.png
about:
  template: jolla
  links:
    - icon: github
      text: Github
      href: https://github.com
---

About this blog.
"""
METADATA = """\
# options specified here will apply to all posts in this folder
freeze: true

title-block-banner: true
"""
WELCOME = """\
---
title: "Welcome To My Blog"
author: "A Stranger"
date: "2026-01-02"
categories: [news]
---

This is the first post in a Quarto blog.

![](thumbnail.png)

Its first picture stands in the listing.
"""
CODE = """\
---
title: "Post With Code"
author: "Another Stranger"
date: "2026-01-05"
categories: [news, code, analysis]
image: "image.png"
---

This is a post with executable code.

```{python}
1 + 1
```

```{python}
#| include: false
secret = 42
```

```{python}
#| label: reading
with open("data.csv") as file:
    rows = file.read().split()
print(len(rows), "rows")
```

```{python}
#| label: hidden-name
print(secret)
```

<video src="clip.mp4" controls></video>
"""


def picture(red: int, green: int, blue: int, side: int = 40) -> bytes:
    """A square of one colour, as PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + bytes([red, green, blue]) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(row * side)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def files() -> dict[str, str | bytes]:
    """The files of the blog, by their names."""
    return {
        "_quarto.yml": CONFIG,
        "index.qmd": INDEX,
        "about.qmd": ABOUT,
        "styles.css": "/* css styles */\n",
        "profile.png": picture(120, 140, 160),
        "posts/_metadata.yml": METADATA,
        "posts/welcome/index.qmd": WELCOME,
        "posts/welcome/thumbnail.png": picture(200, 90, 40),
        "posts/post-with-code/index.qmd": CODE,
        "posts/post-with-code/image.png": picture(40, 90, 200),
        "posts/post-with-code/data.csv": "a\nb\nc\n",
        "posts/post-with-code/clip.mp4": b"no real film",
    }


def lay_out(folder: Path, found: dict[str, str | bytes] | None = None) -> Path:
    """Writes the files of a blog into a folder, and gives it back."""
    for name, content in (files() if found is None else found).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


if __name__ == "__main__":
    import sys

    lay_out(Path(sys.argv[1]))
