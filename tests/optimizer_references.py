"""The papers' formulas of the optimizers, element by element, written without a look at swatch.optim.

``REFERENCES`` holds one for every optimizer that has been checked against its paper. Each takes the gradients
of all steps, the first values, the hyperparameters of all steps (what a schedule changes, and ``loss``), and
the optimizer's arguments; it returns the last values. None knows of weight decay but AdamW's, in whose paper
it is; of its values the first 900 are weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Gradients = list[np.ndarray]
Steps = list[dict[str, float]]
Arguments = Mapping[str, float]
Reference = Callable[[Gradients, np.ndarray, Steps, Arguments], np.ndarray]

WEIGHTS = 900


def sgd(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    for g, h in zip(gradients, steps, strict=True):
        theta = theta - h["learning_rate"] * g
    return theta


def momentum(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    velocity = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        velocity = h["momentum"] * velocity + g
        theta = theta - h["learning_rate"] * velocity
    return theta


def nesterov(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    velocity = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        velocity = h["momentum"] * velocity + g
        theta = theta - h["learning_rate"] * (g + h["momentum"] * velocity)
    return theta


def adagrad(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    total = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        total = total + g**2
        theta = theta - h["learning_rate"] * g / (np.sqrt(total) + a["epsilon"])
    return theta


def rmsprop(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    v = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        v = a["rho"] * v + (1 - a["rho"]) * g**2
        theta = theta - h["learning_rate"] * g / (np.sqrt(v) + a["epsilon"])
    return theta


def adam(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1, product2 = 1.0, 1.0
    for g, h in zip(gradients, steps, strict=True):
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = a["beta2"] * v + (1 - a["beta2"]) * g**2
        product1, product2 = product1 * h["beta1"], product2 * a["beta2"]
        m_hat, v_hat = m / (1 - product1), v / (1 - product2)
        theta = theta - h["learning_rate"] * m_hat / (np.sqrt(v_hat) + a["epsilon"])
    return theta


def adamw(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1 = product2 = 1.0
    is_weight = np.arange(len(theta)) < WEIGHTS
    for g, h in zip(gradients, steps, strict=True):
        theta = np.where(is_weight, theta - h["learning_rate"] * a["weight_decay"] * theta, theta)
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = a["beta2"] * v + (1 - a["beta2"]) * g**2
        product1, product2 = product1 * h["beta1"], product2 * a["beta2"]
        m_hat, v_hat = m / (1 - product1), v / (1 - product2)
        theta = theta - h["learning_rate"] * m_hat / (np.sqrt(v_hat) + a["epsilon"])
    return theta


def nadam(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1 = product2 = 1.0
    for g, h in zip(gradients, steps, strict=True):
        beta1 = h["beta1"]
        m = beta1 * m + (1 - beta1) * g
        v = a["beta2"] * v + (1 - a["beta2"]) * g**2
        product1, product2 = product1 * beta1, product2 * a["beta2"]
        m_bar = beta1 * m / (1 - product1 * beta1) + (1 - beta1) * g / (1 - product1)
        theta = theta - h["learning_rate"] * m_bar / (np.sqrt(v / (1 - product2)) + a["epsilon"])
    return theta


def lion(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    m = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        theta = theta - h["learning_rate"] * np.sign(a["beta1"] * m + (1 - a["beta1"]) * g)
        m = a["beta2"] * m + (1 - a["beta2"]) * g
    return theta


def eve(gradients: Gradients, theta: np.ndarray, steps: Steps, a: Arguments) -> np.ndarray:
    m, v, d = np.zeros_like(theta), np.zeros_like(theta), 1.0
    product1 = product2 = 1.0
    last = None
    for g, h in zip(gradients, steps, strict=True):
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = a["beta2"] * v + (1 - a["beta2"]) * g**2
        product1, product2 = product1 * h["beta1"], product2 * a["beta2"]
        if last is not None:
            change = abs(h["loss"] - last) / min(h["loss"], last)
            d = a["beta3"] * d + (1 - a["beta3"]) * np.clip(change, 1 / a["clip"], a["clip"])
        last = h["loss"]
        m_hat, v_hat = m / (1 - product1), v / (1 - product2)
        theta = theta - h["learning_rate"] / d * m_hat / (np.sqrt(v_hat) + a["epsilon"])
    return theta


REFERENCES: dict[str, Reference] = {
    reference.__name__: reference
    for reference in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, lion, eve)
}
