"""The page's facts, without a browser."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cases import CASES, HOSTILE, large
from synthetic import make_sweep, make_trials

from swatch.report.ranking import best_trial, ranked, value_of
from swatch.report.sweep.page import render, write
from swatch.sweep.records import TrialRecord, TrialState

VOID = {"meta", "link", "img", "br", "polyline", "circle", "line", "input"}


class Page(HTMLParser):
    """Elements with their attributes and text, and a check that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open[-1]['tag']}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "text": "", "inside": {e.get("id") for e in self._open}, **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop()["tag"] == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element["text"] += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, Any]]:
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [e for e in self.elements if e["tag"] == tag and all(e.get(k) == v for k, v in wanted.items())]

    def one(self, tag: str, **attributes: str) -> dict[str, Any]:
        (element,) = self.all(tag, **attributes)
        return element

    @property
    def data(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.one("script", id="report-data")["text"])
        return loaded


@pytest.fixture(scope="module")
def ordinary() -> str:
    return render(*CASES["ordinary"]())


@pytest.mark.parametrize("name", CASES)
def test_every_case_makes_a_whole_page(name: str) -> None:
    sweep, trials = CASES[name]()
    page = Page(render(sweep, trials))
    assert len(page.all("h1")) == 1 and page.one("title")["text"] == f"{sweep.id} · sweep report"
    assert [trial["number"] for trial in page.data["trials"]] == [trial.number for trial in trials]
    rows = [e["data-trial"] for e in page.all("tr") if "data-trial" in e and "trial-table" in e["inside"]]
    assert rows == [str(trial.number) for trial in ranked(sweep, trials)]


def test_the_page_asks_for_nothing_from_outside(ordinary: str) -> None:
    page = Page(ordinary)
    for element in page.elements:
        assert not element.get("src") and str(element.get("href", "data:")).startswith("data:")
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy and "connect-src" not in policy
    own = re.sub(r'<script type="text/plain".*?</script>', "", ordinary, flags=re.S)
    assert not re.search(r"https?://|@import|url\(", own)


def test_the_same_records_make_the_same_page(ordinary: str) -> None:
    sweep, trials = CASES["ordinary"]()
    assert render(sweep, trials[::-1]) == ordinary


def test_best_so_far_holds_every_trial_and_a_baseline_that_never_falls(ordinary: str) -> None:
    data = Page(ordinary).data
    _, trials = CASES["ordinary"]()
    assert [trial["value"] for trial in data["trials"]] == [value_of(trial) for trial in trials]
    line = data["baseline"]["expected"]
    assert len(line) == len(trials) and line == sorted(line)


def test_the_parallel_coordinates_have_log_and_categorical_axes(ordinary: str) -> None:
    axes = {axis["name"]: axis for axis in Page(ordinary).data["axes"]}
    assert axes["learning_rate"]["isLog"] and not axes["dropout"]["isLog"]
    assert [label for _, label in axes["optimizer"]["ticks"]] == ["sgd", "momentum", "adam"]
    assert [label for _, label in axes["beta1"]["ticks"]] == ["not used", "0.8", "0.9", "0.95"]
    assert "epochs" not in axes, "the same in all trials"


def test_the_importance_names_its_method_and_its_caveats(ordinary: str) -> None:
    assert "Functional ANOVA (Hutter, Hoos and Leyton-Brown, 2014)" in ordinary
    assert "too few to mean much" not in ordinary
    assert "learning_rate matters most (" in ordinary
    few = render(*CASES["running"]())
    assert "too few to mean much" in few and "matters most" not in few
    constant = Page(render(*CASES["constant_objective"]()))
    assert any("Nothing to explain" in note["text"] for note in constant.all("p", class_="note"))


def test_where_trials_fail_is_not_where_they_are_best() -> None:
    def trial(number: int) -> TrialRecord:
        rate = number / 40
        # Above 0.5 all fail, but for a single lucky one.
        failed = rate > 0.5 and number != 35
        return replace(
            make_trials(1)[0],
            number=number,
            point={"rate": rate, "other": (number * 7 % 40) / 40},
            state=TrialState.FAILED if failed else TrialState.FINISHED,
            objective=None if failed else 0.9 if number == 35 else 0.8 + rate / 10,
        )

    parameters = {"rate": {"min": 0.0, "max": 1.0}, "other": {"min": 0.0, "max": 1.0}}
    html = render(make_sweep(parameters=parameters), [trial(number) for number in range(40)])
    rows = [e["text"].split() for e in Page(html).all("tr") if e["text"].split()[:1] == ["rate"]]
    assert float(rows[0][-1]) == pytest.approx(0.47, abs=0.1)


def test_the_confusion_matrix_shows_counts_shares_and_names(ordinary: str) -> None:
    page = Page(ordinary)
    sweep, trials = CASES["ordinary"]()
    best = best_trial(sweep, trials)
    assert best is not None
    counts = best.summary["confusion_matrix"]["counts"]
    shown = [int(e["text"]) for e in page.all("span", class_="count")]
    assert shown == [count for row in counts for count in row]
    shares = [e["text"] for e in page.all("span", class_="share")]
    assert shares[0] == f"{counts[0][0] / sum(counts[0]):.1%}"
    assert len(page.all("th", scope="row")) >= 10 and "Ankle boot" in page.one("table", id="classes")["text"]


def test_a_function_sweep_has_no_command_but_its_parameters() -> None:
    page = Page(render(*CASES["function"]()))
    shown = page.one("code", id="train-command")["text"]
    assert "kernel: null" in shown and "swatch train" not in shown
    assert not page.all("table", id="confusion-matrix") and not page.all("div", id="figure-curves")


def test_the_command_is_the_best_trials_and_survives_a_shell(ordinary: str) -> None:
    sweep, trials = CASES["ordinary"]()
    best = best_trial(sweep, trials)
    assert best is not None
    words = shlex.split(Page(ordinary).one("code", id="train-command")["text"])
    assert words == ["swatch", "train", *best.overrides]
    assert any(re.fullmatch(r"model\.hidden_sizes=\[[0-9,]+\]", word) for word in words)


def test_what_users_wrote_stays_text() -> None:
    html = render(*CASES["hostile"]())
    page = Page(html)
    assert page.all("img") == []
    assert len(page.all("script")) == 3, "data, Plotly, the page's own"
    assert page.one("p", class_="eyebrow")["text"] == f"Sweep {HOSTILE}"
    assert page.data["axes"][0]["key"] == HOSTILE
    assert "{{ 7*7 }}" in page.one("p", class_="eyebrow")["text"], "no template is run on it"


def test_a_lone_surrogate_does_not_break_writing(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(make_sweep(yaml="name: \ud800"), make_trials(2), path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_stopped_and_failed_trials_give_their_reasons(ordinary: str) -> None:
    sweep, trials = make_sweep(), make_trials(40)
    assert {t.state for t in trials} == {TrialState.FINISHED, TrialState.STOPPED, TrialState.FAILED}
    page = Page(render(sweep, trials))
    reasons = [e["text"] for e in page.all("td", class_="reason") if "trial-table" in e["inside"]]
    assert reasons == [trial.reason or "" for trial in ranked(sweep, trials)]
    assert "diverged: loss is nan" in page.one("section", id="failures")["text"]


def test_five_hundred_trials_stay_below_eight_megabytes() -> None:
    assert len(render(*large()).encode()) < 8_000_000
