"""Which commit of the code a run was made with, read from the repository's own files.

Only whether files were changed since is left to git itself, which alone can tell quickly.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import swatch
from swatch.tracking.tracker import Commit

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_LINKS = 5
_STATUS_SECONDS = 0.5
# A repository's own config may name a program to be run for the status.
_STATUS = ("-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=no")


def code_commit() -> Commit | None:
    """Return the commit of the working directory or, failing that, of the checkout that swatch runs from.

    It is looked up once per process and directory: later trials run the code that was loaded then.
    """
    package = Path(swatch.__file__).resolve().parent
    # An installed package may lie in a project's repository without being a part of it.
    is_installed = any(part in ("site-packages", "dist-packages") for part in package.parts)
    return _remembered(Path.cwd()) or (None if is_installed else _remembered(package))


def find_commit(folder: Path) -> Commit | None:
    """Return the commit that is checked out where ``folder`` lies; None outside of any repository.

    Worktrees and submodules are repositories of their own. A repository without a commit, or one whose files
    are damaged or of an unknown format, counts as none.
    """
    try:
        top, git = _find(folder.resolve())
        shared = _shared(git)
        sha = _resolve(git, shared)
        remote = _remote(shared)
    except (OSError, ValueError):
        return None
    return Commit(sha, remote, _is_dirty(top))


_remembered = functools.lru_cache(maxsize=8)(find_commit)


def _find(folder: Path) -> tuple[Path, Path]:
    """Return the top of the working tree and the folder that git keeps about it."""
    for top in (folder, *folder.parents):
        entry = top / ".git"
        if (entry / "HEAD").is_file():
            return top, entry
        if entry.is_file():
            kind, _, target = entry.read_text().partition(":")
            if kind.strip() == "gitdir":
                return top, (top / target.strip()).resolve(strict=True)
    raise FileNotFoundError(f"{folder} lies in no repository")


def _shared(git: Path) -> Path:
    """Return the folder with the branches: a worktree's own one has only its HEAD."""
    pointer = git / "commondir"
    return (git / pointer.read_text().strip()).resolve(strict=True) if pointer.is_file() else git


def _resolve(git: Path, shared: Path) -> str:
    text = (git / "HEAD").read_text().strip()
    for _ in range(_MOST_LINKS):
        if not text.startswith("ref:"):
            break
        name = text.removeprefix("ref:").strip()
        text = _loose(git, name) or _loose(shared, name) or _packed(shared, name)
    if not _SHA.fullmatch(text):
        raise ValueError(f"{text!r} is no commit")
    return text


def _loose(folder: Path, name: str) -> str:
    path = folder / name
    return path.read_text().strip() if path.is_file() else ""


def _packed(shared: Path, name: str) -> str:
    path = shared / "packed-refs"
    if path.is_file():
        for line in path.read_text().splitlines():
            sha, _, packed = line.partition(" ")
            if packed == name:
                return sha
    return ""


def _remote(shared: Path) -> str | None:
    section = ""
    for line in (shared / "config").read_text(errors="replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text
        elif section == '[remote "origin"]':
            key, _, value = text.partition("=")
            if key.strip().lower() == "url":
                return _without_credentials(value.strip().strip('"'))
    return None


def _without_credentials(url: str) -> str | None:
    """Return the URL without user, password and query; ``git@host:path``, where the user is none, stays."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _is_dirty(top: Path) -> bool:
    """Whether files that git knows were changed; False where there is no git or it takes too long."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *_STATUS],
            cwd=top,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_STATUS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())
