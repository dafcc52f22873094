"""A W&B server for tests: in memory, on the loopback interface, for the real, unmodified client.

    with WandbServer() as server:
        environment = {**os.environ, **server.environment}   # lead a client to it
        ...
        server.runs["id"].history, server.runs_of(sweep), server.artifacts["net:v0"]   # what it was told
        server.fail(500, "file_stream", times=3); server.stop(); server.start(); server.heal()

`WandbServer` lists what it can be asked and told; ``PYTHONPATH=tests python -m wandb_server`` runs one by
itself. It answers GraphQL by root fields (`roots`) and the file stream (`stream`), and knows no schema: what
it does not have is null, and noted in ``unexpected`` and ``unknown_fields``.
"""

from wandb_server.model import Agent, Artifact, Request, Run, Sweep, View
from wandb_server.server import KEY, WandbServer

__all__ = ["KEY", "Agent", "Artifact", "Request", "Run", "Sweep", "View", "WandbServer"]
