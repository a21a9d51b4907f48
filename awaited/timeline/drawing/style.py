"""How a picture looks: its letters, its lines, its colours."""

from __future__ import annotations

LETTER = 14
"""The height of letters in CSS pixels."""
CELL = 8.46
"""The width of a letter in CSS pixels: of a monospace font, of which the widest take 0.604 em."""
FONT = 'ui-monospace,"SF Mono",Menlo,Consolas,"Roboto Mono","DejaVu Sans Mono","Liberation Mono",monospace'
STYLE = (
    f".timeline-picture{{display:block;overflow:visible;font:{LETTER}px var(--timeline-font,{FONT});"
    "fill:var(--timeline-text,currentColor)}"
    ".timeline-lane rect{fill:none;pointer-events:all}"
    ".timeline-picture svg{overflow:visible}"
    ".timeline-picture path{fill:none;stroke:currentColor;vector-effect:non-scaling-stroke}"
    ".timeline-picture .timeline-run{stroke:var(--timeline-run,currentColor);stroke-width:12}"
    ".timeline-picture .timeline-wait,.timeline-picture .timeline-fade{stroke:var(--timeline-wait,currentColor);"
    "stroke-width:2}"
    ".timeline-picture .timeline-wait{stroke-dasharray:2 3}"
    ".timeline-picture .timeline-late{stroke:var(--timeline-late,currentColor);stroke-width:12;stroke-dasharray:2 3}"
    ".timeline-picture .timeline-print{stroke:var(--timeline-text,currentColor);stroke-width:6;stroke-linecap:round}"
    ".timeline-picture .timeline-held{stroke:var(--timeline-run,currentColor);stroke-width:2}"
    ".timeline-picture .timeline-grid{stroke:var(--timeline-grid,currentColor);stroke-dasharray:18 26;"
    "stroke-opacity:var(--timeline-grid-opacity,.25)}"
    ".timeline-picture :is(.timeline-raised,.timeline-cancelled) path{stroke-width:2.5}"
    ".timeline-picture .timeline-raised{color:var(--timeline-raised,currentColor)}"
    ".timeline-picture .timeline-cancelled{color:var(--timeline-cancelled,currentColor)}"
    ".timeline-picture text:is(.timeline-raised,.timeline-cancelled){fill:currentColor}"
    "@media(forced-colors:active){.timeline-picture{--timeline-run:CanvasText;--timeline-wait:CanvasText;"
    "--timeline-late:CanvasText;--timeline-grid:GrayText;--timeline-text:CanvasText;--timeline-raised:CanvasText;"
    "--timeline-cancelled:CanvasText}}"
)
FIGURE_STYLE = "figure.timeline{margin-inline:0}.timeline-sentence{margin:.5em 0}"
