"""What is said of a proof is short, true, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trial_site import Trial

from awaited.finish import claims
from awaited.prove.proofs import Proof, Proofs


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ([], ""),
        (["3.12.1"], "3.12"),
        (["3.11.7", "3.12.1", "3.13.0"], "3.11 \N{EN DASH} 3.13"),
        (["3.11.7", "3.13.0"], "3.11 and 3.13"),
        (["3.11.7", "3.12.0", "3.14.0", "3.16.0"], "3.11 \N{EN DASH} 3.12, 3.14 and 3.16"),
    ],
)
def test_versions_that_are_no_neighbours_have_a_word_between_them(versions: list[str], words: str) -> None:
    assert claims.spans(versions) == words


def test_a_claim_says_where_it_does_not_hold(trial: Trial) -> None:
    said = {script.cell.label: claims.claim(script, trial.proofs) for script in trial.scripts}
    assert said == {
        "hello": "Python 3.11 and 3.13 \N{EN DASH} 3.14",
        "sum-up": "Python 3.11 and 3.13 \N{EN DASH} 3.14",
        "newest": "Python 3.14, not run on 3.11 and 3.13",
        "changed": "Python 3.13 \N{EN DASH} 3.14, prints otherwise on 3.11",
    }
    assert all(claims.claim(script, Proofs()) == claims.link(script, Proofs(), "") == "" for script in trial.scripts)


def test_what_holds_in_the_browser_is_claimed_beside_the_versions(trial: Trial) -> None:
    proofs = replace(trial.proofs, in_browser={script.path: Proof("3.14.2", "same") for script in trial.scripts[1:]})
    said = {script.cell.label: claims.claim(script, proofs) for script in trial.scripts}
    assert said == {
        "hello": "Python 3.11 and 3.13 \N{EN DASH} 3.14",
        "sum-up": "Python 3.11 and 3.13 \N{EN DASH} 3.14, in the browser",
        "newest": "Python 3.14, in the browser, not run on 3.11 and 3.13",
        "changed": "Python 3.13 \N{EN DASH} 3.14, in the browser, prints otherwise on 3.11",
    }
