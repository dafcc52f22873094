"""The commit of the code: from every kind of repository, quickly, without credentials."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import swatch
from swatch.tracking import git
from swatch.tracking.git import code_commit, find_commit

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def call(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, text: str = "1") -> str:
    (folder / "file").write_text(text)
    call(folder, "add", "file")
    call(folder, "commit", "--quiet", "--message", text)
    return call(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    call(folder, "init", "--quiet", "--initial-branch", "main")
    return folder


@needs_git
def test_a_branch_from_any_folder_below(repository: Path) -> None:
    sha = commit(repository)
    (repository / "src" / "deep").mkdir(parents=True)
    for folder in (repository, repository / "src" / "deep"):
        found = find_commit(folder)
        assert found is not None
        assert (found.sha, found.remote, found.dirty) == (sha, None, False)


@needs_git
def test_only_changes_of_files_that_git_knows_make_it_dirty(repository: Path) -> None:
    commit(repository)
    (repository / "untracked").write_text("new")
    found = find_commit(repository)
    assert found is not None and not found.dirty
    (repository / "file").write_text("changed")
    found = find_commit(repository)
    assert found is not None and found.dirty


@needs_git
@pytest.mark.parametrize(
    "arrange",
    [
        ("checkout", "--quiet", "--detach"),
        ("pack-refs", "--all", "--prune"),
        ("checkout", "--quiet", "-b", "topic/deep/name"),
        ("symbolic-ref", "refs/heads/other", "refs/heads/main"),
    ],
)
def test_every_form_of_head(repository: Path, arrange: tuple[str, ...]) -> None:
    sha = commit(repository)
    call(repository, *arrange)
    if arrange[0] == "symbolic-ref":
        call(repository, "symbolic-ref", "HEAD", "refs/heads/other")
    found = find_commit(repository)
    assert found is not None and found.sha == sha


@needs_git
def test_worktrees_and_submodules_are_repositories_of_their_own(repository: Path, tmp_path: Path) -> None:
    first = commit(repository)
    call(repository, "remote", "add", "origin", "https://example.org/swatch.git")
    call(repository, "worktree", "add", "--quiet", "-b", "topic", "../tree")
    second = commit(tmp_path / "tree", "2")
    outer = tmp_path / "outer"
    outer.mkdir()
    call(outer, "init", "--quiet")
    call(outer, "submodule", "--quiet", "add", str(repository), "inner")
    tree, inner = find_commit(tmp_path / "tree"), find_commit(outer / "inner")
    assert tree is not None and inner is not None
    assert (tree.sha, tree.remote) == (second, "https://example.org/swatch.git")
    assert (inner.sha, inner.remote) == (first, str(repository))


@needs_git
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://someone:s3cret@example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://ghp_t0ken@example.org:8443/a/b.git?key=s3cret#x", "https://example.org:8443/a/b.git"),
        ("ssh://git@example.org/a/b.git", "ssh://example.org/a/b.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("https://[broken:s3cret@example.org/", None),
    ],
)
def test_the_remote_without_credentials(repository: Path, url: str, shown: str | None) -> None:
    commit(repository)
    call(repository, "remote", "add", "fork", "https://elsewhere.org/x")
    call(repository, "config", "remote.origin.url", url)
    found = find_commit(repository)
    assert found is not None and found.remote == shown


@needs_git
def test_a_repository_that_tells_no_commit_is_none(repository: Path) -> None:
    assert find_commit(repository) is None
    commit(repository)
    (repository / ".git" / "refs" / "heads" / "main").write_text("ref: refs/heads/main\n")
    assert find_commit(repository) is None


def test_no_repository_and_damaged_ones(tmp_path: Path) -> None:
    assert find_commit(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert find_commit(tmp_path) is None
    (tmp_path / ".git").write_text("something else")
    assert find_commit(tmp_path) is None


@needs_git
def test_without_the_git_program_the_commit_is_known_all_the_same(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = commit(repository)
    (repository / "file").write_text("changed")
    monkeypatch.setenv("PATH", "/nonexistent")
    found = find_commit(repository)
    assert found is not None
    assert (found.sha, found.dirty) == (sha, False)


@needs_git
def test_a_status_that_hangs_is_not_waited_for(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = commit(repository)
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git, "_STATUS_SECONDS", 0.05)
    begin = time.monotonic()
    found = find_commit(repository)
    assert found is not None
    assert (found.sha, found.dirty) == (sha, False)
    assert time.monotonic() - begin < 5


@needs_git
def test_a_repository_runs_no_program_of_its_own(repository: Path, tmp_path: Path) -> None:
    commit(repository)
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    monitor.chmod(0o755)
    call(repository, "config", "core.fsmonitor", str(monitor))
    assert find_commit(repository) is not None
    assert not (tmp_path / "ran").exists()


@needs_git
def test_the_working_directory_goes_before_the_checkout(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = commit(repository)
    checkout = tmp_path / "checkout"
    shutil.copytree(repository, checkout)
    own = commit(checkout, "own")
    monkeypatch.setattr(swatch, "__file__", str(checkout / "src" / "swatch" / "__init__.py"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = code_commit()
    assert found is not None and found.sha == own
    monkeypatch.chdir(repository)
    found = code_commit()
    assert found is not None and found.sha == sha


@needs_git
def test_an_installed_package_is_no_part_of_the_repository_around_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository)
    installed = repository / ".venv" / "lib" / "site-packages" / "swatch" / "__init__.py"
    monkeypatch.setattr(swatch, "__file__", str(installed))
    assert code_commit() is None


@needs_git
def test_it_is_looked_up_once(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = commit(repository)
    monkeypatch.chdir(repository)
    assert code_commit() == code_commit()
    commit(repository, "2")
    found = code_commit()
    assert found is not None and found.sha == sha, "the code that runs was loaded before"
