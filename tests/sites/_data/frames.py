"""A table, a picture and a plot that display themselves as those of pandas, matplotlib and Plotly do."""

import csv
import struct
import zlib


class Frame(list):
    """Rows of a file of comma-separated values."""

    @classmethod
    def read(cls, name):
        with open(name, newline="") as file:  # noqa: PTH123 (as people write it)
            return cls(csv.DictReader(file))

    def _repr_html_(self):
        head = "".join(f"<th>{name}</th>" for name in self[0])
        rows = "".join("<tr>" + "".join(f"<td>{v}</td>" for v in row.values()) + "</tr>" for row in self)
        style = "<style type='text/css'>#T_levels_row0_col1 { background-color: #ffe }</style>"
        return f"<div>{style}<table id='T_levels_row0_col1' class='dataframe'><tr>{head}</tr>{rows}</table></div>"

    def __repr__(self):
        return "\n".join(" ".join(row.values()) for row in self)


class Picture:
    """A grey square, as a PNG."""

    def _repr_png_(self):
        def chunk(name, data):
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

        head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"\0" + b"\x80" * 8))
            + chunk(b"IEND", b"")
        )

    def __repr__(self):
        return "<Picture>"


class Plot:
    """A plot that a script draws."""

    def _repr_html_(self):
        return (
            '<div id="plot" class="plotly-graph-div"></div>'
            '<script src="https://cdn.plots.example/plot.min.js"></script>'
            '<script type="text/javascript">Plots.newPlot("plot", [1.2, 1.9, 1.4])</script>'
        )

    def __repr__(self):
        return "<Plot>"
