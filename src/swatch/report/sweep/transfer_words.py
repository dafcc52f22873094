"""What the given configs show, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.metrics import mcnemar, welch
from swatch.report.labels import format_metric, metric_label
from swatch.report.sweep.transfer import Given, Transfer
from swatch.sweep.records import SweepRecord

_SIGNIFICANT = 0.05


def sentences(sweep: SweepRecord, transfer: Transfer) -> list[str]:
    """Return which config is best on the test images, how sure that is, and whether other data agree."""
    return [*_on_test(transfer), *_agreement(sweep, transfer)]


def _on_test(transfer: Transfer) -> list[str]:
    known = [(value, each) for each in transfer.given if (value := each.test_accuracy) is not None]
    if len(known) < 2 or len(transfer.data) > 1:
        return []
    known.sort(key=lambda pair: -pair[0])
    (top, best), (low, _) = known[0], known[-1]
    said = (
        f"On the test images of {transfer.data[0]} the configs have {low:.2%} to {top:.2%} right"
        f"{' on average over the seeds' if best.by_seed else ''}, the most {best.label}."
    )
    return [said, *_sure(best, [each for _, each in known[1:]])]


def _sure(best: Given, others: Sequence[Given]) -> list[str]:
    """Return from which of the others the best can be told.

    By their means over several seeds, or, of one training each, by the answers to the same images. Every
    other one is tested, so that Bonferroni's correction applies.
    """
    beaten: list[str] = []
    alike: list[str] = []
    has_seeds = all(len(each.by_seed) > 1 for each in (best, *others))
    for each in others:
        p_value = welch(best.by_seed, each.by_seed).p_value if has_seeds else _by_answers(best, each)
        if p_value is not None:
            (beaten if p_value < _SIGNIFICANT / len(others) else alike).append(each.label)
    if not beaten and not alike:
        return []
    parts = [f"clearly more often right than {_listed(beaten)}"] if beaten else []
    parts += [f"not clearly more often right than {_listed(alike)}"] if alike else []
    test = f"5%{', Bonferroni-corrected' if len(others) > 1 else ''}"
    if has_seeds:
        return [f"Over the seeds it is {' and '.join(parts)} (Welch's test, {test})."]
    return [
        f"As trained here, on the same images, it is {' and '.join(parts)} (McNemar's test, {test}). Other "
        "seeds may turn that round: --repeats 3 tells."
    ]


def _by_answers(best: Given, other: Given) -> float | None:
    """Return the p-value of McNemar's test, or None without the answers of both."""
    one = best.tested.right if best.tested else None
    two = other.tested.right if other.tested else None
    return None if one is None or two is None or one.shape != two.shape else mcnemar(one, two).p_value


def _agreement(sweep: SweepRecord, transfer: Transfer) -> list[str]:
    """Return for every other data set whether the configs stand in the same order there."""
    if len(transfer.data) > 1:
        return []
    metric, here = metric_label(sweep.metric), transfer.data[0]
    sign = -1.0 if sweep.goal == "maximize" else 1.0
    lines = []
    for title in transfer.others:
        both = [
            (each, each.value, each.elsewhere[title].value)
            for each in transfer.given
            if each.value is not None and title in each.elsewhere
        ]
        if len(both) < 2:
            continue
        there = sorted(both, key=lambda row: sign * row[2])
        now = sorted(both, key=lambda row: sign * row[1])
        values = sorted(row[2] for row in both)
        text = (
            f"On {title} the same configs have a {metric} of {format_metric(values[0])} to "
            f"{format_metric(values[-1])}; "
        )
        same = [each.label for each, *_ in there] == [each.label for each, *_ in now]
        lines.append(
            text + f"their order there and on {here} is the same."
            if same
            else text + f"{there[0][0].label} is first there, {now[0][0].label} on {here}."
            if there[0][0] is not now[0][0]
            else text + f"{there[0][0].label} is first on both, the others change places."
        )
    return lines


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
