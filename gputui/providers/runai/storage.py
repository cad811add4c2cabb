"""What an inference mounts: volumes, claims, repositories, settings and secrets."""

from __future__ import annotations

from typing import Literal

from gputui.providers.runai.spec import Quantity, Sent, Uuid


class DataVolume(Sent):
    """A data volume of the tenant."""

    id: Uuid | None = None
    mount_path: str | None = None


class AccessModes(Sent):
    """How a claim may be mounted."""

    read_write_once: bool | None = None
    read_only_many: bool | None = None
    read_write_many: bool | None = None


class ClaimInfo(Sent):
    """The claim that is created if none exists."""

    size: Quantity | None = None
    storage_class: str | None = None
    access_modes: AccessModes | None = None
    volume_mode: Literal["Filesystem", "Block"] | None = None


class Pvc(Sent):
    """A persistent volume claim."""

    name: str | None = None
    existing_pvc: bool | None = None
    claim_name: str | None = None
    path: str | None = None
    read_only: bool | None = None
    ephemeral: bool | None = None
    claim_info: ClaimInfo | None = None


class Git(Sent):
    """A repository to clone; its password is given by the name of the secret that holds it."""

    name: str | None = None
    repository: str | None = None
    branch: str | None = None
    revision: str | None = None
    path: str | None = None
    password_secret: str | None = None
    secret_key_of_user: str | None = None
    secret_key_of_password: str | None = None


class ConfigMapVolume(Sent):
    """A config map as files."""

    name: str | None = None
    config_map: str | None = None
    mount_path: str | None = None


class SecretVolume(Sent):
    """A secret as files."""

    name: str | None = None
    secret: str | None = None
    mount_path: str | None = None


class Storage(Sent):
    """Everything that is mounted."""

    data_volume: list[DataVolume] | None = None
    pvc: list[Pvc] | None = None
    git: list[Git] | None = None
    config_map_volume: list[ConfigMapVolume] | None = None
    secret_volume: list[SecretVolume] | None = None
