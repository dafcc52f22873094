"""Making a sweep, or finding the one to go on with or to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from swatch.errors import UserError
from swatch.files import make_folder, write_text
from swatch.sweep.config import SweepConfig
from swatch.sweep.home import SWEEP_FILE, default_home, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.control import check_free
from swatch.sweep.names import check_count, counted
from swatch.sweep.opening.editing import edit_sweep
from swatch.sweep.opening.finding import find_sweep
from swatch.sweep.opening.fingerprint import FINGERPRINT, changes_since, fingerprint
from swatch.sweep.opening.preparing import TRACKING_ASKED, Prepared, SweepRequest, prepare
from swatch.sweep.records import SweepRecord, SweepState
from swatch.sweep.restored import RestoredSweep


@dataclass
class OpenSweep:
    """A sweep that is ready to run."""

    ledger: Ledger
    restored: RestoredSweep
    directory: Path
    home: Path
    goes_on: bool
    """Whether it had been started before."""
    notices: list[str] = field(default_factory=list)
    """What is worth saying before it starts, one line each."""

    @property
    def sweep(self) -> SweepRecord:
        """The sweep's record when it was opened."""
        return self.restored.sweep


def open_sweep(request: SweepRequest) -> OpenSweep:
    """Check everything, then make the sweep, or go on with the unfinished one of the same name or making.

    A name that a sweep made from another YAML has edits that sweep. Raises UserError for whatever the user
    must mend; then nothing has been written.
    """
    prepared = prepare(request)
    found = find_sweep(
        prepared.home, prepared.base, prepared.made_from, request.storage, named=request.name is not None
    )
    if found.is_other:
        return _edit(found.id, prepared)
    if found.exists:
        return _go_on(found.id, prepared, request.count or _new_cap(found.id, prepared))
    record = prepared.record(found.id)
    record = replace(record, options={**record.options, FINGERPRINT: fingerprint(prepared)})
    directory = make_folder(sweep_folder(prepared.home, record.id))
    write_text(directory / SWEEP_FILE, request.text)
    restored = RestoredSweep.of(record)
    url = storage_of(prepared.home, record.id, request.storage)
    ledger = Ledger(url, create=True, axes=restored.axes)
    ledger.create_sweep(record, identity=prepared.made_from)
    return OpenSweep(ledger, restored, directory, prepared.home, goes_on=False, notices=prepared.notices)


def reopen_sweep(
    wanted: str,
    *,
    storage: str | None = None,
    home: Path | None = None,
    count: int | None = None,
    launcher: Sequence[str] = (),
    tracking: str | None = None,
    retries: int | None = None,
    max_consecutive_failures: int | None = None,
) -> OpenSweep:
    """Open a sweep by its id to go on with it; ``launcher`` replaces the overrides of where agents run.

    Raises UserError if there is none, with the nearest id, or if it is finished and gets no more trials.
    """
    home = home or default_home()
    ledger = Ledger(storage_of(home, wanted, storage, must_exist=True))
    sweep = ledger.sweep(wanted)
    begun = len(ledger.trials(wanted, history=False))
    ledger.close()
    prepared = prepare(
        SweepRequest(
            text=sweep.yaml,
            source=f"sweep {wanted}",
            overrides=_with_launcher(sweep, launcher),
            function=sweep.function,
            seed=sweep.seed,
            storage=storage,
            tracking=tracking or sweep.options.get(TRACKING_ASKED),
            home=home if sweep.function is not None else None,
            retries=retries,
            max_consecutive_failures=max_consecutive_failures,
            repeats=sweep.repeats,
        )
    )
    limit = sweep.count if count is None else prepared.limited(count)
    if sweep.state == SweepState.FINISHED and limit is not None and limit <= begun:
        more = f"`swatch sweep --resume {wanted} --count N` gives it more"
        if prepared.space.size is not None and begun >= prepared.space.size:
            more = "every point has been tried"
        raise UserError(f"sweep {wanted} is finished with {counted(begun, 'trial')}; {more}.")
    return _go_on(wanted, prepared, count, home=home)


def _with_launcher(sweep: SweepRecord, launcher: Sequence[str]) -> tuple[str, ...]:
    """Return the sweep's overrides and those of its launcher: ``launcher``, else what they last were."""
    return (*(launcher or sweep.options.get("launcher_overrides", ())), *sweep.overrides)


def _go_on(wanted: str, prepared: Prepared, count: int | None, *, home: Path | None = None) -> OpenSweep:
    home = home or prepared.home
    ledger = Ledger(storage_of(home, wanted, prepared.request.storage, must_exist=True))
    check_free(ledger, wanted)
    notices = [*prepared.notices, *_changes(ledger, wanted, prepared)]
    limit = prepared.limited(count) if count is not None else None
    check_count(wanted, limit, begun=len(ledger.overview(wanted)))
    ledger.update_sweep(wanted, options=prepared.options, count=limit)
    return _opened(ledger, wanted, home, notices)


def _new_cap(wanted: str, prepared: Prepared) -> int | None:
    """Return the YAML's ``run_cap`` if it is another one than when the sweep was made, else None."""
    ledger = Ledger(storage_of(prepared.home, wanted, prepared.request.storage, must_exist=True))
    made_from = SweepConfig.from_yaml(ledger.sweep(wanted).yaml, f"sweep {wanted}")
    ledger.close()
    return prepared.config.run_cap if prepared.config.run_cap != made_from.run_cap else None


def _edit(wanted: str, prepared: Prepared) -> OpenSweep:
    ledger = Ledger(storage_of(prepared.home, wanted, prepared.request.storage, must_exist=True))
    check_free(ledger, wanted)
    changes = edit_sweep(ledger, wanted, prepared)
    write_text(make_folder(sweep_folder(prepared.home, wanted)) / SWEEP_FILE, prepared.request.text)
    # Other choices make other configs, which says nothing of their files.
    notices = [*prepared.notices, *_changes(ledger, wanted, prepared, but="config")]
    notices += [f"sweep {wanted} is edited:", *(f"  {change}" for change in changes)]
    return _opened(ledger, wanted, prepared.home, notices)


def _changes(ledger: Ledger, wanted: str, prepared: Prepared, *, but: str | None = None) -> list[str]:
    """Return what of code, config files and data (``but`` for one) has changed; remember how they are now."""
    now = fingerprint(prepared)
    stored = {part: hashed for part, hashed in _stored(ledger, wanted).items() if part != but}
    changes = changes_since(stored, now, wanted)
    ledger.update_sweep(wanted, options={FINGERPRINT: now})
    return changes


def _stored(ledger: Ledger, wanted: str) -> Mapping[str, str]:
    stored: Mapping[str, str] = ledger.sweep(wanted).options.get(FINGERPRINT, {})
    return stored


def _opened(ledger: Ledger, wanted: str, home: Path, notices: list[str]) -> OpenSweep:
    """Open an existing sweep's ledger anew, now that its parameters are known."""
    restored = RestoredSweep.of(ledger.sweep(wanted))
    ledger.close()
    ledger = Ledger(ledger.url, axes=restored.axes)
    directory = make_folder(sweep_folder(home, wanted))
    return OpenSweep(ledger, restored, directory, home, goes_on=True, notices=notices)
