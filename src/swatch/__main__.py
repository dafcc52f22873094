"""``python -m swatch`` is the ``swatch`` command."""

from swatch.cli import main

if __name__ == "__main__":
    main()
