"""Each way to fail, as it looks to any client and as it looks to the real one."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from wandb_server import WandbServer

SLOW = pytest.mark.slow
QUERY = {"query": "query Who { viewer { id } }"}


def post(server: WandbServer, path: str = "/graphql", seconds: float = 5) -> requests.Response:
    return requests.post(server.url + path, json=QUERY, auth=("api", server.key), timeout=seconds)


def prompt(client: Any, **more: Any) -> Any:
    """Settings with which the client tries again at once rather than after seconds."""
    waits = {
        f"x_{part}_retry_wait_{end}_seconds": 0.1
        for part in ("graphql", "file_stream", "file_transfer")
        for end in ("min", "max")
    }
    return client.Settings(x_file_stream_transmit_interval=0.1, **waits, **more)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_answering_with_an_error(status: int, server: WandbServer) -> None:
    server.fail(status, times=1)
    answer = post(server)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]
    assert post(server).status_code == 200
    assert [request.status for request in server.requests] == [status, 200]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, [500, 500, 500]),
        ("graphql", [500, 404, 404]),
        ("file_stream", [200, 500, 404]),
        ("files", [200, 404, 500]),
        ("viewer", [500, 404, 404]),
        ("Who", [500, 404, 404]),
        ("upsertBucket", [200, 404, 404]),
        (("viewer", "files"), [500, 404, 500]),
    ],
)
def test_failing_in_one_place(where: Any, expected: list[int], server: WandbServer) -> None:
    server.fail(where=where)
    paths = ["/graphql", "/files/someone/p/run/file_stream", "/storage/runs/someone/p/run/file.txt"]
    assert [post(server, path).status_code for path in paths] == expected
    server.heal()
    assert [post(server, path).status_code for path in paths] == [200, 404, 404]


def test_failing_at_random(server: WandbServer) -> None:
    server.fail(probability=0.5)
    statuses = [post(server).status_code for _ in range(40)]
    assert 8 < statuses.count(500) < 32


def test_the_log_has_what_was_never_answered(server: WandbServer) -> None:
    server.hang(seconds=0.1, times=1)
    with pytest.raises(requests.ConnectionError):
        post(server)
    (request,) = server.requests
    assert (request.method, request.path, request.operation) == ("POST", "/graphql", "Who")
    assert (request.fields, request.status) == (("viewer",), 0)


def test_faults_combine_and_end_one_by_one(server: WandbServer) -> None:
    slow, failing = server.slow(0.2), server.fail(503, body="busy", headers={"Retry-After": "7"})
    began = time.monotonic()
    answer = post(server)
    assert time.monotonic() - began >= 0.2
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "busy", "7")
    server.heal(failing)
    assert post(server).status_code == 200
    server.heal(slow)
    began = time.monotonic()
    assert post(server).status_code == 200
    assert time.monotonic() - began < 0.2


def test_hanging_until_it_is_healed(server: WandbServer) -> None:
    server.hang()
    with pytest.raises(requests.Timeout):
        post(server, seconds=0.2)
    threading.Timer(0.2, server.heal).start()
    with pytest.raises(requests.ConnectionError):
        post(server)
    assert post(server).status_code == 200


def test_closing_without_an_answer(server: WandbServer) -> None:
    before = 'mutation { upsertModel(input: {name: "before"}) { inserted } }'
    for is_after in (False, True):
        server.drop(times=1, after=is_after)
        query = {"query": before.replace("before", "after") if is_after else before}
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{server.url}/graphql", json=query, auth=("api", server.key), timeout=5)
    assert [name for _, name in server.store.projects] == ["after"]


def test_stopping_and_starting_on_the_same_port(server: WandbServer) -> None:
    with requests.Session() as session:
        session.auth = ("api", server.key)
        assert session.post(f"{server.url}/graphql", json=QUERY, timeout=5).ok
        server.stop()
        with pytest.raises(requests.ConnectionError):  # a connection that was open is closed, too
            session.post(f"{server.url}/graphql", json=QUERY, timeout=5)
    url = server.url
    server.start()
    assert server.url == url
    assert post(server).ok


def test_keys(server: WandbServer) -> None:
    for auth in (None, ("api", "0" * 40)):
        answer = requests.post(f"{server.url}/graphql", json=QUERY, auth=auth, timeout=5)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, "user is not logged in")
    assert post(server).ok
    server.revoke_key()
    assert post(server).status_code == 401
    server.heal()
    assert post(server).ok


def test_quotas(server: WandbServer) -> None:
    rate = server.quota("rate", reset=3)
    answer = post(server)
    assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (429, "0")
    assert answer.headers["RateLimit-Reset"] == "3"
    server.heal(rate)
    server.quota("storage")
    assert post(server).ok  # reading goes on
    assert post(server, "/files/someone/p/run/file_stream").status_code == 403


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (lambda server: server.revoke_key(), "user is not logged in"),
        (lambda server: server.fail(403), "permission denied"),
        (lambda server: server.quota(), "storage limit exceeded"),
        (lambda server: server.fail(400, body='{"errors":[{"message":"why"}]}'), "why"),
    ],
)
def test_the_client_does_not_begin(fail: Any, message: str, server: WandbServer, client: Any) -> None:
    fail(server)
    with pytest.raises(client.errors.CommError, match=message):
        client.init(project="p")
    assert server.runs == {}


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda server: server.fail(500, times=8), id="500"),
        pytest.param(lambda server: server.drop(times=5, after=True), id="lost answers"),
        pytest.param(lambda server: server.stop(), id="down"),
        pytest.param(lambda server: server.fail(429, "file_stream", times=3), id="429", marks=SLOW),
        pytest.param(lambda server: server.quota("rate", reset=0.1), id="rate", marks=SLOW),
        pytest.param(lambda server: server.drop(times=5), id="drop", marks=SLOW),
        pytest.param(lambda server: server.slow(0.3, times=6), id="slow", marks=SLOW),
        pytest.param(lambda server: server.fail(502, probability=0.4), id="random", marks=SLOW),
    ],
)
def test_what_passes_leaves_a_complete_run(fail: Any, server: WandbServer, client: Any) -> None:
    run = client.init(project="p", id="tough", settings=prompt(client))
    run.log({"loss": 0})
    fail(server)

    def recover() -> None:
        server.heal()
        server.start()

    threading.Timer(1.0, recover).start()
    for step in range(1, 20):
        run.log({"loss": step})
        time.sleep(0.02)
    run.finish()
    kept = server.runs["tough"]
    assert (kept.state, kept.exit_code) == ("finished", 0)
    assert [row["loss"] for row in kept.history] == list(range(20))


@pytest.mark.parametrize("status", [401, *(pytest.param(status, marks=SLOW) for status in (403, 404, 409))])
def test_what_the_client_gives_up_can_be_sent_later(
    status: int, server: WandbServer, client: Any, command: Any
) -> None:
    run = client.init(project="p", id="later", settings=prompt(client))
    server.fail(status, where="file_stream")
    for step in range(5):
        run.log({"loss": step})
    folder = Path(run.dir).parent
    run.finish()
    assert (server.runs["later"].state, server.runs["later"].history) == ("running", [])
    client.teardown()
    server.heal()
    # It was tracked online, and such runs are passed over unless they are asked for.
    command("wandb", "sync", "--no-skip-online", str(folder))
    assert server.runs["later"].state == "finished"
    assert [row["loss"] for row in server.runs["later"].history] == list(range(5))
