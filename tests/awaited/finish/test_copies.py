"""The copies for language models say in words what the pages show, and change no code."""

from __future__ import annotations

from awaited.finish.copies import in_words
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure


def lines(text: str) -> list[str]:
    return [line for line in in_words(text).split("\n") if line]


def raw(markup: str) -> list[str]:
    return ["```{=html}", markup, "```", ""]


def test_sentences_stand_in_the_place_of_drawings() -> None:
    drawn = figure([Run("a", [Lane("main", "main", 0.0, ended=2.0)], seconds=2.0)])
    blocks = ["before", "", *raw('<figure class="x">'), *raw(drawn), *raw("<figcaption>"), "Figure 1: a < b", ""]
    assert lines("\n".join([*blocks, *raw("</figcaption></figure>"), *raw("<table>kept</table>")])) == [
        *("before", "Nothing overlapped: 2.0 s of waiting took 2.0 s.", "Figure 1: a < b"),
        *("```{=html}", "<table>kept</table>", "```"),
    ]


def test_a_callout_is_a_quotation_that_begins_with_what_it_is() -> None:
    text = '<div class="callout-warning" title="Keep &quot;it&quot;">\n\nOne.\n\n- Two\n\n</div>\n\nThree.\n'
    assert lines(text) == ['> **Warning: Keep "it"**', ">", "> One.", ">", "> - Two", ">", "Three."]


def test_boxes_are_gone_and_outputs_have_their_label() -> None:
    text = (
        '<div id="a" class="cell" data-broken="true">\n\n``` {.python}\nx = 1\n\n\nprint("<div>")\n</div>\n```\n\n'
        '<div class="cell-output cell-output-stdout">\n\n```\n<div>\n```\n\n</div>\n\n</div>\n'
    )
    assert in_words(text).strip().split("\n") == [
        *("Broken on purpose:", "", "``` {.python}", "x = 1", "", "", 'print("<div>")', "</div>", "```", ""),
        *("Output:", "", "```", "<div>", "```"),
    ]
