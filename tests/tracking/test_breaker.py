"""After a failure the next runs do not try."""

from __future__ import annotations

from swatch.tracking.breaker import Breaker


def test_a_failure_counts_for_a_while() -> None:
    now = [100.0]
    breaker = Breaker(10.0, clock=lambda: now[0])
    assert breaker.problem() is None
    breaker.note("HTTP 500")
    now[0] += 9.9
    assert breaker.problem() == "not tried, because an earlier run had failed (HTTP 500)"
    now[0] += 0.1
    assert breaker.problem() is None


def test_a_success_ends_it() -> None:
    breaker = Breaker(10.0, clock=lambda: 0.0)
    breaker.note("HTTP 500")
    breaker.note(None)
    assert breaker.problem() is None
