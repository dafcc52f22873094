"""How a page is framed: a file that stands alone, or one of the dashboard's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """One entry of the navigation above a page."""

    title: str
    address: str


@dataclass(frozen=True)
class Elsewhere:
    """Another tool that shows the same records, and the command that opens it."""

    title: str
    reason: str
    """When it serves better."""
    command: str


@dataclass(frozen=True)
class Frame:
    """What a page takes from its surroundings. The default is a file that needs nothing but itself."""

    links: tuple[Link, ...] = ()
    """Shown above the page, from the outermost inwards; the page itself is not among them."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Shown beside the navigation."""
    plotly: str | None = None
    """Where the page loads Plotly from; None: it lies inside the page."""
    styles: tuple[str, ...] = ()
    """Addresses of further style sheets."""
    scripts: tuple[str, ...] = ()
    """Addresses of further scripts, which run after the page's own."""
    live: str | None = None
    """Address whose answer changes whenever the page would; None: the page never changes."""
    version: str | None = None
    """What that address answered when the page was made."""
    nonce: str | None = None
    """Marks the page's own scripts for the server's content security policy."""
    find_run: Callable[[str], str | None] | None = None
    """Gives the address of a run's page, or None if it has none."""

    @property
    def is_served(self) -> bool:
        """Whether a server delivers the page, and with it the policy of what the page may load."""
        return self.plotly is not None

    def run_address(self, run_id: str) -> str | None:
        """Return the address of a run's page; None if there is none to link to."""
        return None if self.find_run is None else self.find_run(run_id)

    def plotly_source(self) -> str:
        """Return Plotly's script to put into the page; empty if the page loads it by its address."""
        if self.plotly is not None:
            return ""
        from plotly.offline import get_plotlyjs

        return str(get_plotlyjs())


STANDALONE = Frame()
