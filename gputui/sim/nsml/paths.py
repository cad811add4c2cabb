"""Where the NSML API begins."""

from __future__ import annotations

PREFIX = "/nsml/v1"
