"""A data set in a form that is slow to read: it is read once, checked, and kept as arrays."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swatch.data.cache import default_folder
from swatch.data.partition import Partitioned
from swatch.data.problems import Cleaning
from swatch.data.progress import Progress, TerminalProgress
from swatch.data.source import Dataset, LocatedFile
from swatch.data.store import Reading, Store

# Counts up when the same files and settings would be read as other images than before.
_FORMAT = 1


class ConvertedSource(Partitioned, ABC):
    """What data sets that are converted share: a subclass says what to read and how to recognise it.

    Args:
        title: what people call it.
        kind: its folder in the cache.
        cache: keeps the arrays; None is ``SWATCH_DATA``, else the user's cache folder.
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set; None for all.

    Raises:
        UserError: a value out of range.
    """

    def __init__(
        self,
        *,
        title: str,
        kind: str,
        cache: str | None,
        validation_fraction: float,
        split_seed: int,
        normalization: str,
        limit: int | None,
    ) -> None:
        super().__init__(
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
        self.title = title
        self._kept = (Path(cache).expanduser() if cache else default_folder()).absolute() / kind
        self._parts: dict[bool, Reading] = {}

    @property
    @abstractmethod
    def has_test_set(self) -> bool:
        """Whether there are test images; else ``test_set`` says how to name some."""

    @abstractmethod
    def files(self) -> Sequence[LocatedFile]:
        """Return the files that the images come from, as far as they have been read; empty if too many."""

    @abstractmethod
    def _place(self, *, test: bool) -> Mapping[str, Any]:
        """Return what a part is read from and how, without its contents; it names the folder in the cache.

        Raises:
            UserError: there is no such part.
        """

    @abstractmethod
    def _contents(self, *, test: bool) -> Any:
        """Return what changes whenever the files of a part do.

        Raises:
            UserError: they cannot be read.
        """

    @abstractmethod
    def _read(self, names: Sequence[str] | None, progress: Progress, *, test: bool) -> Reading:
        """Read a part; ``names`` are the classes if they are known (those of the training set, for the test).

        Raises:
            UserError: what is wrong with the files.
        """

    @property
    def classes(self) -> int:
        """Number of classes; reads the training part, as the next two do."""
        return len(self.class_names)

    @property
    def class_names(self) -> Sequence[str]:
        """The classes' names, in the order of the labels."""
        return self._part(test=False).class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of one image."""
        height, width, channels = self._part(test=False).images.shape[1:]
        return height, width, channels

    def cleaning(self, *, test: bool = False) -> Cleaning:
        """Return what was found when the training or the test part was read."""
        return self._part(test=test).cleaning

    def prepare(self, progress: Progress | None = None, *, test: bool = False) -> None:
        """Read, check and keep the training part, with ``test`` the test part too.

        Args:
            progress: is told what happens; None reports to stderr, and only if something has to be read.
            test: include the test files, which are otherwise not opened.

        Raises:
            UserError: what is wrong with the files, or the cache cannot be written.
        """
        self._part(progress, test=False)
        if test:
            self._part(progress, test=True)

    def is_here(self) -> bool:
        """Whether the training part need not be read anew."""
        return False in self._parts or self._store(test=False).find(self._identity(test=False)) is not None

    def training_set(self) -> Dataset:
        """Return the images that training and validation share; see ``prepare`` for errors."""
        part = self._part(test=False)
        return Dataset(part.images, part.labels)

    def test_set(self) -> Dataset:
        """Return the images that only a final evaluation may see; see ``prepare`` for errors."""
        part = self._part(test=True)
        return Dataset(part.images, part.labels)

    def _part(self, progress: Progress | None = None, *, test: bool) -> Reading:
        if test not in self._parts:
            teller = progress or TerminalProgress()
            identity = self._identity(test=test)
            names = self._part(teller, test=False).class_names if test else None
            store = self._store(test=test)

            anew: list[Reading] = []

            def read() -> Reading:
                anew.append(self._read(names, teller, test=test))
                return anew[-1]

            self._parts[test] = store.get(identity, read, teller)
            where = f"{self.title}: {'test' if test else 'training'} images"
            for reading in anew:
                teller.say(f"{where}: {len(reading.labels):,} read and checked, kept in {store.folder}")
                if reading.cleaning.dropped:
                    teller.say(f"{where}: left out {reading.cleaning.sentence()}")
        return self._parts[test]

    def _identity(self, *, test: bool) -> dict[str, Any]:
        place, contents = self._place(test=test), self._contents(test=test)
        # The numbers of the test labels follow the classes of the training part.
        names = list(self.class_names) if test else None
        return {"format": _FORMAT, "place": place, "contents": contents, "class_names": names}

    def _store(self, *, test: bool) -> Store:
        """Return the folder for a part: the same for a file that was edited, whose old images go."""
        place = json.dumps(self._place(test=test), sort_keys=True, default=str)
        return Store(self._kept / hashlib.sha256(place.encode()).hexdigest()[:16])
