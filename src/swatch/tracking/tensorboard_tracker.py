"""TensorBoard as a sink: an event file in ``<run directory>/tensorboard/``, for ``tensorboard --logdir``.

The events are written by the ``tensorboard`` package itself, which needs no TensorFlow for that; whoever
looks at them has it anyway. Its ready-made summaries of hyperparameters do need TensorFlow, so that they are
put together here (``tensorboard/plugins/hparams/plugin_data.proto``).
"""

from __future__ import annotations

import importlib.util
import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from swatch.console import say
from swatch.errors import UserError
from swatch.tracking.confusion_image import draw_confusion
from swatch.tracking.naming import trained_values
from swatch.tracking.tracker import Record, RunDescription, SampleImages

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

FOLDER = "tensorboard"
_EVENTS = "events.out.tfevents.*"
_HPARAMS = "hparams"
_NO_SCALARS = {"epoch", "timestamp"}


def check_installed() -> None:
    """Raise UserError if TensorBoard's package is missing."""
    if importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "tracking.tensorboard needs the package tensorboard, which is not installed; "
            "`pip install 'swatch[tensorboard]'`, or leave tracking=wandb"
        )


class TensorBoardTracker:
    """One run in TensorBoard: scalars of every epoch, hyperparameters, confusion matrices as images.

    A run that goes on is written anew from its first epoch, so that no step is there twice. A disk that
    refuses is told of once and ends the writing, not the training.
    """

    def __init__(self, directory: Path) -> None:
        """Remember the run directory; nothing is imported or written before :meth:`start`."""
        self.folder = directory / FOLDER
        self._writer: Any = None
        self._step = 0

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Begin a new file with the hyperparameters and the epochs of ``history``."""
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        try:
            for earlier in self.folder.glob(_EVENTS):
                earlier.unlink()
            self._writer = EventFileWriter(str(self.folder))
        except OSError as error:
            self._give_up(error)
        self._add(_session_start(run), run.started)
        for record in history:
            self.log(int(record[run.step_key]), record)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Write one epoch, at the time at which it ended."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._step = step
        values = [
            Summary.Value(tag=name, simple_value=float(value))
            for name, value in metrics.items()
            if name not in _NO_SCALARS and isinstance(value, int | float)
        ]
        self._add(Summary(value=values), metrics.get("timestamp"))
        self._flush()

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Write the matrix as two images: in numbers of images, and in percent of each true class."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        part = name.split("/")[0]
        pictures = draw_confusion(f"Confusion matrix ({part})", labels, np.array(counts, np.int64))
        values = []
        for tag, picture in zip((name, f"{name}_normalized"), pictures, strict=True):
            encoded = io.BytesIO()
            picture.convert("RGB").save(encoded, "PNG")
            image = Summary.Image(
                height=picture.height,
                width=picture.width,
                colorspace=3,
                encoded_image_string=encoded.getvalue(),
            )
            values.append(Summary.Value(tag=tag, image=image))
        self._add(Summary(value=values))

    def samples(self, name: str, samples: SampleImages) -> None:
        """Do nothing: TensorBoard has no tables of images."""

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Do nothing: the weights lie beside the event file."""

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Write the figures on the test set, if there are any, and close the file."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        tested = [
            Summary.Value(tag=name, simple_value=float(value))
            for name, value in summary.items()
            if name.startswith("test/")
        ]
        if tested:
            self._add(Summary(value=tested))
        self._add(_session_end(status))
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except OSError as error:
                self._give_up(error)

    def _add(self, summary: Summary, seconds: float | None = None) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        if self._writer is None:
            return
        wall_time = time.time() if seconds is None else float(seconds)
        try:
            self._writer.add_event(Event(wall_time=wall_time, step=self._step, summary=summary))
        except OSError as error:
            self._give_up(error)

    def _flush(self) -> None:
        """Let a TensorBoard that is looking see the epoch at once."""
        try:
            if self._writer is not None:
                self._writer.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._writer = None
        say(f"TensorBoard does not get the run: {self.folder}: {error.strerror or error}")


def _session_start(run: RunDescription) -> Summary:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    info = SessionStartInfo(group_name=run.run_id, start_time_secs=run.started or time.time())
    for name, value in trained_values(run.config).items():
        if isinstance(value, bool):
            info.hparams[name].bool_value = value
        elif isinstance(value, int | float):
            info.hparams[name].number_value = value
        elif value is not None:
            info.hparams[name].string_value = str(value)
    return _of_plugin("session_start_info", HParamsPluginData(version=0, session_start_info=info))


def _session_end(status: str) -> Summary:
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    ended = api_pb2.STATUS_SUCCESS if status in ("finished", "stopped") else api_pb2.STATUS_FAILURE
    info = SessionEndInfo(status=ended, end_time_secs=time.time())
    return _of_plugin("session_end_info", HParamsPluginData(version=0, session_end_info=info))


def _of_plugin(name: str, content: Any) -> Summary:
    """Return a summary that holds nothing but the content of the plugin for hyperparameters."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_FLOAT

    plugin = SummaryMetadata.PluginData(plugin_name=_HPARAMS, content=content.SerializeToString())
    # TensorBoard passes over values that hold nothing: an empty tensor is something.
    nothing = TensorProto(dtype=DT_FLOAT, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)]))
    metadata = SummaryMetadata(plugin_data=plugin)
    return Summary(value=[Summary.Value(tag=f"_hparams_/{name}", metadata=metadata, tensor=nothing)])
