"""Agents as actors of a Ray cluster, one actor each."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swatch.errors import UserError
from swatch.files import make_folder
from swatch.sweep.launchers.base import LOST, last_line, new_name
from swatch.sweep.launchers.processes import THREAD_VARIABLES, describe_end
from swatch.sweep.launchers.ray_actor import AgentActor
from swatch.sweep.launchers.ray_options import THIS_HOST, memory_bytes

ANSWER_SECONDS = 10.0
"""How long the cluster's head may take to answer."""
# One call waits for the agent's end while others ask and tell.
_CALLS_AT_A_TIME = 4
_HANDED_ON = ("SWATCH_", "WANDB_")


class RayAgent:
    """One actor."""

    def __init__(self, name: str, log_file: Path, actor: Any) -> None:
        """Remember the actor, which may have to wait for its turn."""
        self.name, self.log_file = name, log_file
        self._actor = actor
        self._host, self._end = actor.host.remote(), actor.end.remote()
        self._code: int | None = None
        self._reason = ""

    def exit_code(self) -> int | None:
        """Return the agent's exit code, ``LOST`` if its actor died, or None before its end."""
        import ray

        if self._code is None and self._is_there(self._end):
            try:
                self._code = int(ray.get(self._end))
                self._reason = describe_end(self._code)
            except ray.exceptions.RayError as error:
                self._code, self._reason = LOST, _first_sentence(error)
            # An actor holds its cores until it is ended.
            ray.kill(self._actor)
        return self._code

    def describe_end(self) -> str:
        """Return the node's name and how the agent ended there, in Ray's words if it was lost."""
        import ray

        if self._code == LOST or not self._is_there(self._host):
            return f"Ray: {self._reason or 'it waits for its turn'}"
        return f"on {ray.get(self._host)}: {self._reason or 'it still lives'}"

    def ask_to_stop(self) -> None:
        """Have the agent finish the step, save and leave; one that waits for its turn never begins."""
        self._tell("stop")

    def kill(self) -> None:
        """End the agent at once."""
        self._tell("kill")

    def wait(self) -> None:
        """Return at once: the ledger refuses whatever a killed agent may still say."""

    def last_words(self) -> str:
        """Return the last line of its log, which is there if the home folder is shared with the nodes."""
        return last_line(self.log_file) or f"{self.describe_end()}; it left nothing in {self.log_file}"

    def _tell(self, what: str) -> None:
        import ray

        if self._code is not None:
            return
        if self._is_there(self._host):
            getattr(self._actor, what).remote()
        else:
            ray.kill(self._actor)

    @staticmethod
    def _is_there(answer: Any) -> bool:
        import ray

        return bool(ray.wait([answer], timeout=0)[0])


class RayLauncher:
    """Starts agents on the nodes of a cluster, wherever there are cores for them."""

    queues = True

    def __init__(
        self,
        settings: Mapping[str, Any],
        sweep_id: str,
        url: str,
        logs: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Remember what each agent is given; ``settings`` are those of ``conf/launcher/ray.yaml``."""
        self._settings, self._sweep_id, self._url = settings, sweep_id, url
        self._logs, self._environment = make_folder(logs), environment
        self._actors: Any = None

    def start(self) -> RayAgent:
        """Have Ray start one more agent.

        Raises:
            UserError: there is no cluster at the address, or it does not fit this Python or this Ray.
        """
        if self._actors is None:
            connect(self._settings["address"])
            self._actors = self._make_actors()
        name = new_name()
        actor = self._actors.remote(
            name, self._sweep_id, self._url, str(self._logs.resolve()), str(Path.cwd()), self._handed_on()
        )
        return RayAgent(name, self._logs / f"{name}.log", actor)

    def close(self) -> None:
        """Leave the cluster; what still runs there is ended."""
        import ray

        ray.shutdown()

    def _make_actors(self) -> Any:
        import ray

        wanted: dict[str, Any] = {
            "num_cpus": self._settings["cpus"],
            "memory": memory_bytes(self._settings),
            "resources": self._settings.get("resources") or None,
        }
        given = {key: value for key, value in wanted.items() if value is not None}
        remote: Any = ray.remote
        return remote(max_restarts=0, max_concurrency=_CALLS_AT_A_TIME, **given)(AgentActor)

    def _handed_on(self) -> dict[str, str]:
        # The rest is the node's own environment, as everywhere in Ray: its PATH need not be ours.
        kept = {key: value for key, value in os.environ.items() if key.startswith(_HANDED_ON)}
        return {**kept, **dict.fromkeys(THREAD_VARIABLES, str(self._settings["cpus"])), **self._environment}


def connect(address: str | None) -> None:
    """Connect to a Ray cluster.

    Args:
        address: ``host:port``; None for that of ``RAY_ADDRESS`` or of this host; ``local`` for a new one of
            this host alone.

    Raises:
        UserError: there is none, or it does not fit this Python or this Ray.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    handlers = _our_handlers()
    try:
        _knock(address)
        ray.init(
            address=address or "auto",
            namespace="swatch",
            include_dashboard=False if address == THIS_HOST else None,
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    except (OSError, ValueError, RuntimeError) as error:
        where, why = f"at {address}" if address else "on this host", _first_sentence(error)
        raise UserError(
            f"--launcher ray: no cluster of Ray {where} can be used: {why} Start one there "
            f"by 'ray start --head', give another launcher.address, or launcher.address={THIS_HOST}."
        ) from error
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _knock(address: str | None) -> None:
    """Raise OSError if nobody listens there: Ray would try for a minute."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()


def _our_handlers() -> dict[int, Any]:
    """Return the handlers of the signals that ray.init takes for itself; only the main thread has them."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}


def _first_sentence(error: BaseException) -> str:
    words = str(getattr(error, "strerror", None) or error).strip() or type(error).__name__
    return words.splitlines()[0].partition(". ")[0].rstrip(".") + "."
