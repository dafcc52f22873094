"""Runs a server until it is interrupted: ``PYTHONPATH=tests python -m wandb_server --port 0``."""

from __future__ import annotations

import argparse
import time

from wandb_server import WandbServer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--entity", default="someone")
    arguments = parser.parse_args()
    with WandbServer(port=arguments.port, entity=arguments.entity) as server:
        print(server.url, flush=True)
        print(f"export WANDB_BASE_URL={server.url} WANDB_API_KEY={server.key}", flush=True)
        seen = 0
        try:
            while True:
                time.sleep(0.2)
                for request in server.requests[seen:]:
                    names = " ".join(filter(None, [request.operation, *request.fields]))
                    print(f"{request.status} {request.method} {request.path} {names}", flush=True)
                    seen += 1
        except KeyboardInterrupt:
            for what in [*server.unexpected, *sorted(server.unknown_fields)]:
                print(f"not understood: {what}")


if __name__ == "__main__":
    main()
