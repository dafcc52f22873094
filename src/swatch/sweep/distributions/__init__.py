"""The distributions of a W&B sweep: values to quantiles and back."""

from swatch.sweep.distributions.base import Discrete, Distribution
from swatch.sweep.distributions.categorical import Categorical, Constant, canonical
from swatch.sweep.distributions.continuous import Beta, LogNormal, LogUniform, Normal, Uniform
from swatch.sweep.distributions.entry import ParameterError
from swatch.sweep.distributions.integer import IntUniform
from swatch.sweep.distributions.parse import DISTRIBUTIONS, parse_parameter
from swatch.sweep.distributions.quantized import Quantized

__all__ = [
    "DISTRIBUTIONS",
    "Beta",
    "Categorical",
    "Constant",
    "Discrete",
    "Distribution",
    "IntUniform",
    "LogNormal",
    "LogUniform",
    "Normal",
    "ParameterError",
    "Quantized",
    "Uniform",
    "canonical",
    "parse_parameter",
]
