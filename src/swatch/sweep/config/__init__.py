"""The sweep YAML: W&B's schema, checked with the line of every mistake."""

from swatch.sweep.config.metric import Metric
from swatch.sweep.config.scheduler import METHODS
from swatch.sweep.config.sweep_config import SweepConfig
from swatch.sweep.config.yaml_source import YamlSource

__all__ = ["METHODS", "Metric", "SweepConfig", "YamlSource"]
