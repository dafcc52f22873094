#!/usr/bin/env python3
# %% [markdown]
"""From the data to a conclusion: explore, train, tune, evaluate, conclude.

"# %%" begins a cell: editors run them one by one, Jupyter opens the file with Jupytext, and it is a script:

    python scripts/notebook.py
    python scripts/notebook.py data.limit=10000        # keys of the config, for a shorter look
"""

# %%
from __future__ import annotations

import sys
from typing import Any

import numpy as np

from swatch import load_model
from swatch.compose import build, compose
from swatch.evaluation import records
from swatch.evaluation.evaluating import evaluate
from swatch.sweep import run as sweep
from swatch.sweep.space.quoting import override
from swatch.tracking import RunDirectory
from swatch.training.run import train

# In Jupyter the words behind the program are Jupyter's own.
MINE = ["tracking.mode=disabled", *(word for word in sys.argv[1:] if "=" in word)]

# %% Explore: how many images of each class are there, and how bright are they?
source: Any = build(compose(MINE).config.data)
source.prepare()
images = source.training_set()
for index, name in enumerate(source.class_names):
    of_class = images.images[images.labels == index]
    print(f"{name:<12} {len(of_class):>6} images, mean pixel {of_class.mean():5.1f}")

# %% Train: one perceptron, a few epochs. `swatch train model.hidden_sizes=[128] epochs=3` is the same.
first = train(compose(["model.hidden_sizes=[128]", "epochs=3", *MINE]), show=False)
for line in first.history:
    print(f"epoch {line['epoch']}  train {line['train/accuracy']:.4f}  validation {line['val/accuracy']:.4f}")


# %% Tune: a search over a function, here one that trains. `swatch sweep FILE.yaml` needs no function.
def objective(parameters: dict[str, Any]) -> float:
    """Return the best validation accuracy that a point reaches in three epochs."""
    texts = [override("optimizer.learning_rate", parameters["learning_rate"])]
    texts += [override("model.hidden_sizes", [parameters["width"]]), "epochs=3", *MINE]
    reached: float = train(compose(texts), show=False).summary["best"]["val/accuracy"]
    return reached


SEARCH = {
    "method": "bayes",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {
        "learning_rate": {"distribution": "log_uniform_values", "min": 0.0003, "max": 0.03},
        "width": {"values": [64, 128, 256]},
    },
}
found = sweep(SEARCH, objective, count=6, tracking="disabled")
print(f"best of {len(found.trials)}: {found.parameters} with {found.value:.4f} of the validation images")

# %% Evaluate: the best point once more, for longer; then, once, the test set.
best = found.parameters
words = [override("optimizer.learning_rate", best["learning_rate"])]
words += [override("model.hidden_sizes", [best["width"]]), "epochs=6", *MINE]
final = RunDirectory(train(compose(words), show=False).directory)
evaluation = evaluate(final, "test")
readings = records.record(final, evaluation)
interval = evaluation.intervals["accuracy"]
print(f"test accuracy {evaluation.metrics['accuracy']:.4f} ({interval.low:.4f} to {interval.high:.4f})")
print(f"the test set was read {readings} time(s) for this network")

# %% Conclude: what does it confuse, and what did tuning bring?
confused = evaluation.counts.copy()
np.fill_diagonal(confused, 0)
true, predicted = np.unravel_index(confused.argmax(), confused.shape)
names = evaluation.class_names
print(f"most often confused: {names[true]} taken for {names[predicted]}, {confused[true, predicted]} times")
gain = found.value - first.summary["best"]["val/accuracy"]
print(f"tuning changed the validation accuracy of three epochs by {100 * gain:+.2f} points")
model = load_model(final.model_file)
answer = model.predict(evaluation.images[:1])[0]
print(f"the first test image is taken for {names[answer]}; it shows {names[evaluation.labels[0]]}")
