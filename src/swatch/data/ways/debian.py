"""Fetching a Debian package and unpacking it, without installing anything and without being root.

apt checks the package against the archive's signed index. Where the machine's package lists do not know the
package, ``apt-get update`` fills private lists in the scratch folder, which any user may do.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from swatch.data.integrity import IdxFile
from swatch.data.progress import Progress
from swatch.data.ways.folder import locate
from swatch.data.ways.subprocesses import Failed, complaint, run
from swatch.data.ways.way import Unavailable

_APT_CONFIG = """
Acquire::Retries "1";
Acquire::http::Timeout "8";
Acquire::https::Timeout "8";
// Of all that archives offer, the index of packages is enough.
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
// What the machine does after an update of its own lists is not for private ones.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
_PRIVATE_LISTS = """
Dir::State "{scratch}/state";
Dir::State::lists "{scratch}/state/lists";
Dir::Cache "{scratch}/cache";
"""
# Root's apt would hand the download to a user that cannot look into the scratch folder.
_AS_ROOT = """
APT::Sandbox::User "root";
"""
# What apt says where the lists are empty or out of date; any other trouble would not go away with new ones.
_SIGNS_OF_OLD_LISTS = ("Unable to locate package", "no installation candidate", "Can't find a source", "404")


class DebianPackage:
    """A Debian package that holds the files, gzipped.

    Args:
        package: its name.
        folder: where it would install the files, for example ``/usr/share/datasets/fashion-mnist``.
        size: its bytes, for the progress bar.
    """

    def __init__(self, package: str, folder: Path, size: int) -> None:
        self.name = f"the Debian package {package}"
        self.package = package
        self.folder = folder
        self.size = size

    def collect(self, files: Sequence[IdxFile], scratch: Path, progress: Progress) -> Mapping[str, Path]:
        """Download the package and unpack it into ``scratch``; return all that lies beside ``files`` too.

        Raises:
            Unavailable: no apt, no network, or no such package.
        """
        for program in ("apt-get", "dpkg-deb"):
            if shutil.which(program) is None:
                raise Unavailable(f"{program} is not on this machine")
        for folder in ("state/lists/partial", "cache/archives/partial", "download", "root"):
            (scratch / folder).mkdir(parents=True)
        try:
            package = self._download(scratch, progress)
            run(["dpkg-deb", "-x", str(package), str(scratch / "root")], scratch, progress, "unpacking")
        except Failed as error:
            raise Unavailable(str(error)) from error
        installed = scratch / "root" / self.folder.relative_to("/")
        found = {path.name.removesuffix(".gz"): path for path in installed.glob("*.gz")}
        found |= {file.name: path for file in files if (path := locate(installed, file))}
        missing = [file.name for file in files if file.name not in found]
        if missing:
            raise Unavailable(f"lacks {', '.join(missing)}")
        return found

    def _download(self, scratch: Path, progress: Progress) -> Path:
        config = scratch / "apt.conf"
        config.write_text(_APT_CONFIG + (_AS_ROOT if os.geteuid() == 0 else ""))
        apt = ["apt-get", "-q", "-c", str(config)]
        progress.say(f"Fetching {self.name} with apt-get (nothing is installed) …")
        try:
            return self._get(apt, scratch, progress)
        except Failed as error:
            if not any(sign in str(error) for sign in _SIGNS_OF_OLD_LISTS):
                raise
        progress.say(
            "The machine's package lists do not have it; reading the archive's into a private folder …"
        )
        with config.open("a") as stream:
            stream.write(_PRIVATE_LISTS.format(scratch=scratch))
        reading = "reading the package lists"
        try:
            printed = run([*apt, "update"], scratch / "state", progress, reading)
            problem = f"{reading}: {complaint(printed)}" if "\nErr:" in f"\n{printed}" else None
        except Failed as error:
            problem = str(error)
        # One broken source of many is a problem too, and without a network the update may even end well: only
        # the download can tell whether it matters.
        try:
            return self._get(apt, scratch, progress)
        except Failed as error:
            raise Failed(problem or str(error)) from error

    def _get(self, apt: Sequence[str], scratch: Path, progress: Progress) -> Path:
        """Download the package that the lists know."""
        folder = scratch / "download"
        run([*apt, "download", self.package], folder, progress, f"downloading {self.package}", self.size)
        package = next(folder.glob("*.deb"), None)
        if package is None:
            raise Failed(f"apt-get downloaded no {self.package}")
        return package
