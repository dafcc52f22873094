"""Every way to mistype an override: one line that names it and says what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatch.compose import compose
from swatch.compose.overrides import escape, expand, parse
from swatch.errors import UserError

WRONG = [
    (["optimizer.learning_rte=1"], r"'optimizer.learning_rte'. Did you mean 'optimizer.learning_rate'\?"),
    (["learning_rate=1"], "Did you mean 'optimizer.learning_rate'"),
    (["optimzer=adam"], "'optimzer'. Did you mean 'optimizer'"),
    (["optimizer/fast=adam"], "unknown config group 'optimizer/fast'. Did you mean 'optimizer'"),
    (["optimizer=adm"], "there is no optimizer 'adm', only .*adam.*sgd.* Did you mean 'adam'"),
    (["experiment=nope"], "there is no experiment 'nope', only"),
    (["model=null"], "there is no model 'null'"),
    (["optimizer=3"], "there is no optimizer '3'"),
    (["optimizer=[adam,sgd]"], r"optimizer takes one choice of .*adam"),
    (["optimizer.momentum=0.9"], "with optimizer=adam; it belongs to optimizer=momentum"),
    (["optimizer={learnin:1}"], "unknown key 'optimizer.learnin'"),
    (["training.early_stopping={patienc: 3}"], "unknown key 'training.early_stopping.patienc'"),
    (["+foo=1"], "unknown key 'foo'"),
    (["+training.monitr=1"], r"unknown key 'training.monitr'. Did you mean 'training.monitor'"),
    (["+optimizer=sgd"], r"optimizer is chosen already.*without '\+'"),
    (["~optimizer"], "lacks the group 'optimizer'"),
    (["~seed"], "lacks the key 'seed'"),
    (["~nothing"], "nothing"),
    (["optimizer@other=adam"], "optimizer@other"),
    (["epochs"], "'epochs'.*key=value"),
    (["=3"], "no key before '='"),
    (["optimizer..x=1"], "'optimizer..x' is no key"),
    (["run.name=a(b"], r"""run.name=a\(b; .*quote it.*'run.name="a\(b"'"""),
    (["run.notes=it's"], "quote it"),
    (["seed=1,2"], r"seed=1,2 gives several values: add -m .*seed=\[1,2\]"),
    (["seed=range(1,3)"], "gives several values"),
    (["epochs=0"], "epochs must be a whole number of at least 1, not 0"),
    (["epochs=-3"], "epochs must be"),
    (["epochs=2.5"], "epochs must be a whole number"),
    (["epochs=many"], "epochs must be a whole number of at least 1, not 'many'"),
    (["epochs=null"], "epochs must be .*, not null"),
    (["epochs=true"], "epochs must be .*, not true"),
    (["epochs=inf"], "epochs must be"),
    (["batch_size=0"], "batch_size must be a whole number of at least 1, not 0"),
    (["seed=-1"], "seed must be a whole number of at least 0"),
    (["training.early_stopping.patience=-1"], "patience must be .* of at least 0 or null, not -1"),
    (["training.early_stopping.min_delta=nan"], "min_delta must be a number of at least 0"),
    (["training.threads=0"], "training.threads must be"),
    (["training.checkpoint=maybe"], "training.checkpoint must be true or false, not 'maybe'"),
    (["training.monitor=val/acc"], "training.monitor must be one of val/accuracy, val/loss"),
    (["training.goal=up"], "training.goal must be one of maximize, minimize"),
    (["training=3"], "training must hold keys"),
    (["tracking.mode=onlin"], "tracking.mode must be one of auto, online, offline, disabled, not 'onlin'"),
    (["run.tags=a"], "run.tags must be a list, each item a text, not 'a'"),
    (["run.tags=[a,[b]]"], "run.tags must be a list"),
    (["run.notes=${nowhere}"], "run.notes.*nowhere"),
    (["hydra.nothing=1"], "hydra.nothing"),
    (["hydra/launcher=nope"], "hydra/launcher"),
    (["hydra/launcher=nope", "seed=1"], "hydra/launcher"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "message"), WRONG, ids=[" ".join(texts) for texts, _ in WRONG])
def test_wrong_override(texts: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        compose(texts)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 400
    assert "hydra.cc" not in text
    assert "Config search path" not in text


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_the_suggested_quoting_is_lossless(text: str) -> None:
    assert parse(f'run.notes="{escape(text)}"').value() == text


@pytest.mark.parametrize(
    ("texts", "jobs"),
    [
        (["seed=1"], [["seed=1"]]),
        ([], [[]]),
        (["seed=1,2", "epochs=3"], [["seed=1", "epochs=3"], ["seed=2", "epochs=3"]]),
        (["seed=range(0,3)"], [["seed=0"], ["seed=1"], ["seed=2"]]),
        (["optimizer=glob(a*)"], [["optimizer=adam"]]),
        (["optimizer=glob(z*)"], []),
        (["a=[1,2],[3]", "hydra.verbose=true"], [["a=[1,2]"], ["a=[3]"]]),
        (["a=1,2", "b='x,y',z"], [["a=1", "b='x,y'"], ["a=1", "b=z"], ["a=2", "b='x,y'"], ["a=2", "b=z"]]),
    ],
)
def test_expansion_of_a_multirun(texts: list[str], jobs: list[list[str]]) -> None:
    assert expand(texts, {"optimizer": ["adam", "sgd"]}) == jobs


def test_an_interval_has_no_end_of_values() -> None:
    with pytest.raises(UserError, match="cannot be enumerated"):
        expand(["a=interval(0,1)"], {})
