"""One full-screen terminal console over every GPU cloud a team rents from."""

__version__ = "0.1.0"
