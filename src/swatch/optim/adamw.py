"""AdamW."""

from __future__ import annotations

from swatch.optim.adam import Adam


class AdamW(Adam):
    """Adam, and every weight is multiplied by 1 - η λ before its step.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2017), algorithm 2, as in torch: λ is
    multiplied by the learning rate η, where the paper multiplies it by the schedule's factor alone. Decay is
    decoupled in all our optimizers; this one has it by default.

    Args:
        learning_rate: η.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, above 0; added to the root, as in ``Adam``.
        weight_decay: λ, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, weight_decay, decay_biases, decay_norms)
