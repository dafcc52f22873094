"""The subcommands of ``swatch``, one file each; imported only when they are called."""
