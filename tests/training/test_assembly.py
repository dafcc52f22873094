"""Models and losses that do not belong together."""

from __future__ import annotations

import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.nn import Flatten, Linear, MeanSquaredError, Network, Sequential, Softmax
from swatch.training.assembly import assemble, check_output
from swatch.training.data_cache import prepare_data


def test_a_softmax_before_a_loss_with_its_own_is_refused() -> None:
    network = Network(Sequential([Flatten(), Linear(3), Softmax()]), (4,), batch_size=2, seed=0)
    with pytest.raises(UserError, match=r"ends in Softmax or Sigmoid, and the loss takes logits"):
        check_output(network.puts_out, "logits")
    check_output(network.puts_out, MeanSquaredError("identity").expects)


def test_logits_are_no_probabilities(slice_overrides: list[str]) -> None:
    composition = compose([*slice_overrides, "loss=mean_squared_error", "loss.output=identity"])
    with pytest.raises(UserError, match=r"loss.output is identity.*puts out logits"):
        assemble(composition, prepare_data(composition))
