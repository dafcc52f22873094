"""The sections of the page that need more than the trials' curves: stopping, belief, front, seeds, images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cases import CASES
from synthetic import CLASSES, make_sweep, make_trials
from test_sweep_page import Page

from swatch.report.frame import Frame
from swatch.report.ranking import best_trial
from swatch.report.sweep.background import Background, background_of
from swatch.report.sweep.page import render, write
from swatch.report.sweep.pictures import pictures
from swatch.report.sweep.times import seconds_per_epoch, time_correlations, typical_times
from swatch.sweep.config.metric import Metric
from swatch.sweep.records import TrialRecord
from swatch.sweep.search.bayes.belief import Belief, Prediction
from swatch.tracking.samples_file import write_samples
from swatch.tracking.tracker import SampleImages

METRICS = (Metric("val/accuracy", "maximize"), Metric("val/loss"))

BELIEF = Belief(
    optimum=Prediction({"optimizer": "adam", "optimizer.learning_rate": 0.0021}, 0.8912, 0.0031),
    best_by_mean=Prediction({"optimizer": "adam"}, 0.8899, 0.0022, 5),
    noise=0.0025,
    importance={"optimizer.learning_rate": 0.7, "optimizer": 0.3},
    gain=0.0004,
    trials=12,
)


def samples() -> SampleImages:
    rng = np.random.default_rng(0)
    return SampleImages(
        labels=CLASSES,
        images=rng.integers(0, 255, (20, 28, 28, 1), dtype=np.uint8),
        actual=np.arange(20) % 10,
        predicted=np.where(np.arange(20) == 7, 3, np.arange(20) % 10),
        probability=np.linspace(0.5, 0.9, 20, dtype=np.float32),
    )


def test_every_decision_has_its_band_threshold_value_and_reason() -> None:
    sweep, trials = make_sweep(), make_trials(30)
    page = Page(render(sweep, trials))
    rows = [e for e in page.all("tr") if "data-trial" in e and "decision-table" in e["inside"]]
    judged = [t for t in trials if t.decision is not None]
    assert [row["data-trial"] for row in rows] == [str(t.number) for t in judged]
    for row, trial in zip(rows, judged, strict=True):
        assert trial.decision is not None
        for part in ("3", "0.8712", f"{trial.decision['value']:.4f}", trial.decision["reason"]):
            assert part in row["text"]
    drawn = [t["decision"] for t in page.data["trials"] if t["decision"]]
    assert [each["stop"] for each in drawn] == [t.decision["stop"] for t in judged if t.decision]
    without = [replace(t, decision=None) for t in trials]
    assert not Page(render(sweep, without)).all("section", id="stopping")


def test_the_belief_is_shown_with_its_uncertainty() -> None:
    page = Page(render(make_sweep(), make_trials(12), background=Background(belief=BELIEF)))
    text = page.one("section", id="belief")["text"]
    parts = ("0.8912 ± 0.0031", "0.8899 ± 0.0022", "trial 5", "0.04 points", "0.0025", "learning_rate", "70%")
    for part in parts:
        assert part in text
    few = replace(BELIEF, best_by_mean=replace(BELIEF.best_by_mean, deviation=None))
    page = Page(render(make_sweep(), make_trials(12), background=Background(belief=few)))
    text = page.one("section", id="belief")["text"]
    assert (
        "0.8912 ± 0.0031" in text and "0.8899 ±" not in text and "So few finished trials cannot tell" in text
    )
    assert not Page(render(make_sweep(), make_trials(12))).all("section", id="belief")


def test_the_optimum_is_named_by_the_trial_that_has_had_it() -> None:
    metric = "metric: {name: val/accuracy, goal: maximize}"
    yaml = f"method: bayes\n{metric}\nparameters: {{rate: {{values: [1, 2]}}}}\n"
    trials = [
        replace(trial, point={"rate": 1 + place % 2}, point_key=str(place % 2))
        for place, trial in enumerate(make_trials(12, stopping=False))
    ]
    sweep = make_sweep(yaml=yaml, overrides=(), parameters={"rate": {"values": [1, 2]}}, function="m:f")
    belief = background_of(sweep, trials, None).belief
    assert belief is not None
    assert belief.optimum.trial == next(t.number for t in trials if t.point == belief.optimum.point)


def test_several_metrics_have_a_front_that_no_other_trial_beats() -> None:
    sweep, trials = make_sweep(), make_trials(20)
    data = Page(render(sweep, trials, background=Background(metrics=METRICS))).data["front"]
    for number in data["front"]:
        accuracy, loss = data["values"][str(number)]
        assert not any(
            other[0] >= accuracy and other[1] <= loss and other != [accuracy, loss]
            for other in data["values"].values()
        )
    assert Page(render(sweep, trials, background=Background(metrics=METRICS[:1]))).data["front"] is None


def test_repeats_show_every_seed_and_their_spread() -> None:
    page = Page(render(*CASES["repeated"]()))
    assert "0.0040" in page.one("section", id="repeats")["text"]
    repeats = [t["repeats"] for t in page.data["trials"] if t["repeats"]]
    assert repeats and all(len(values) == 3 for values in repeats)


def test_images_lie_in_the_page_the_errors_first() -> None:
    page = Page(render(make_sweep(), make_trials(12), background=Background(samples=samples())))
    shown = page.all("img")
    assert len(shown) == 20 and all(each["src"].startswith("data:image/png;base64,") for each in shown)
    assert shown[0]["alt"] == CLASSES[7]
    assert f"✕ {CLASSES[3]}" in page.one("section", id="best-run")["text"]
    large = replace(samples(), images=np.zeros((20, 200, 160, 3), np.uint8))
    assert all(len(each.source) < 1000 for each in pictures(large))


@pytest.mark.parametrize("damage", ["none", "folder missing", "no images", "file damaged", "other contents"])
def test_a_damaged_run_directory_is_named_and_the_page_still_made(tmp_path: Path, damage: str) -> None:
    sweep, trials = make_sweep(method="random"), make_trials(12)
    best = best_trial(sweep, trials)
    assert best is not None
    run = tmp_path / best.run_id
    if damage != "folder missing":
        run.mkdir()
    if damage == "none":
        write_samples(run / "samples.npz", "val/samples", samples())
    elif damage == "other contents":
        write_samples(run / "samples.npz", "val/samples", replace(samples(), predicted=np.full(20, 99)))
    elif damage == "file damaged":
        (run / "samples.npz").write_bytes(b"PK\x03\x04 no archive")
    write(sweep, trials, tmp_path / "report.html", home=tmp_path)
    page = Page((tmp_path / "report.html").read_text())
    notes = " ".join(e["text"] for e in page.all("p", class_="note"))
    assert len(page.all("img")) == (20 if damage == "none" else 0)
    assert (best.run_id in notes) == (damage not in ("none", "no images"))


def test_a_sweep_whose_yaml_cannot_be_read_is_shown_without_its_model() -> None:
    found = background_of(make_sweep(yaml="method: ["), make_trials(12), None)
    assert found.belief is None and len(found.problems) == 1 and "YAML" in found.problems[0]
    assert (
        "YAML"
        in Page(render(make_sweep(), make_trials(12), background=found)).one("section", id="findings")["text"]
    )


def test_a_bayesian_sweep_is_shown_with_what_its_model_believes() -> None:
    yaml = """method: bayes
metric: {name: val/accuracy, goal: maximize}
parameters:
  x: {min: 0.0, max: 1.0}
"""
    trials = [
        replace(t, point={"x": t.number / 12}, point_key=str(t.number), objective=-abs(t.number / 12 - 0.5))
        for t in make_trials(12, stopping=False)
        if t.objective is not None
    ]
    found = background_of(make_sweep(yaml=yaml, function="m:f"), trials, None)
    assert found.problems == () and found.belief is not None
    assert found.belief.optimum.point["x"] == pytest.approx(0.5, abs=0.1)


def test_trials_link_to_their_runs_where_the_frame_has_pages_for_them() -> None:
    sweep, trials = make_sweep(), make_trials(6)
    frame = Frame(plotly="/plotly.js", find_run=lambda run: f"/run/{run}")
    links = [e["href"] for e in Page(render(sweep, trials, frame=frame)).all("a")]
    assert {f"/run/{t.run_id}" for t in trials} <= set(links)
    assert not Page(render(sweep, trials)).all("a")


def test_times_are_counted_per_epoch_and_put_down_to_their_parameter() -> None:
    from datetime import timedelta

    from synthetic import START

    from swatch.report.sweep.axes import build_axes

    def trial(number: int) -> TrialRecord:
        width, epochs = 64 * (1 + number % 4), 1 + number % 3
        seconds = epochs * (width / 100 + 0.01 * (number % 2))
        history = [{"epoch": epoch} for epoch in range(epochs)]
        other = float(np.random.default_rng(number).random())
        return replace(
            make_trials(1)[0],
            number=number,
            point={"width": width, "other": other},
            history=history,
            started=START,
            ended=START + timedelta(seconds=seconds),
        )

    trials = [trial(number) for number in range(24)]
    assert seconds_per_epoch(trials[2]) == pytest.approx(1.92)
    found = time_correlations(build_axes({}, trials), trials)
    assert [each.key for each in found] == ["width"] and (found[0].coefficient or 0) > 0.9
    typical = typical_times(trials)
    assert typical is not None and typical.epoch == pytest.approx(1.605)
