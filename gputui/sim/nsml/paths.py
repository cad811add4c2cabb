"""The base path of the NSML API."""

from __future__ import annotations

PREFIX = "/nsml/v1"
