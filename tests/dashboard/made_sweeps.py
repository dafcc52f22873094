"""Ledgers that grow on request, made of the synthetic sweep's trials."""

from __future__ import annotations

from pathlib import Path

from synthetic import make_sweep, make_trials

from swatch.sweep.home import LEDGER_FILE, sweep_folder
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.ledger.mirror import Axis

AXES = {
    "optimizer": Axis("categorical", choices=("sgd", "momentum", "adam")),
    "optimizer.learning_rate": Axis("float", 1e-5, 1.0, log=True),
    "optimizer.beta1": Axis("float", 0.0, 1.0),
    "batch_size": Axis("int", 1, 1000),
    "model.hidden_sizes": Axis("categorical", choices=("[128]", "[256,128]", "[512,256]")),
    "model.dropout": Axis("float", 0.0, 1.0),
    "model.activation": Axis("categorical", choices=("relu", "tanh")),
    "epochs": Axis("int", 1, 100),
}


class GrowingSweep:
    """A sweep at work, in the ledger alone."""

    def __init__(self, home: Path, sweep_id: str = "growing", most: int = 40) -> None:
        folder = sweep_folder(home, sweep_id)
        folder.mkdir(parents=True)
        self.id = sweep_id
        self.url = sqlite_url(folder / LEDGER_FILE)
        self.ledger = Ledger(self.url, create=True, axes=AXES)
        self.ledger.create_sweep(make_sweep(id=sweep_id, state="running", count=most), identity=sweep_id)
        self.agent = self.ledger.register(sweep_id, "agent")
        self._coming = iter(make_trials(most))

    def grow(self, number: int) -> None:
        """Finish that many more trials."""
        for _ in range(number):
            trial = next(self._coming)
            sizes = str(trial.point["model.hidden_sizes"]).replace(" ", "")
            point = {**trial.point, "model.hidden_sizes": sizes}
            attempt = self.ledger.claim(
                *(self.id, self.agent),
                number=trial.number,
                point=point,
                point_key=trial.point_key,
                overrides=list(trial.overrides),
                run_id=f"{self.id}-{trial.number:03d}",
                seed=trial.seed,
            )
            assert attempt is not None
            self.ledger.log(attempt, trial.history, first=True)
            self.ledger.end_attempt(
                attempt,
                trial.state.value,
                reason=trial.reason,
                summary=trial.summary,  # type: ignore[arg-type]
            )

    def close(self) -> None:
        self.ledger.close()
