"""What other programs call our keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_OTHERS: Mapping[str, str] = {
    "base_url": "url api_url uri endpoint api_endpoint address host hostname server panel panel_url control_plane",
    "vpc_url": "vpc_endpoint vpc",
    "token": "key api_key api_token bearer bearer_token auth_token access_token pat secret",
    "api_key": "key gateway_key apigw_key api_token",
    "access_key": "key access_key_id key_id access_id aws_access_key_id",
    "secret_key": "secret secret_access_key access_secret",
    "client_id": "client app app_id application application_id id",
    "client_secret": "secret app_secret application_secret secret_key",
    "username": "user login user_name email",
    "password": "pass passwd pwd",
    "namespace": "ns user_id userid user account",
    "gpuaas_ids": "gpuaas gpuaas_id services",
    "projects": "project project_ids",
    "environment": "env",
    "region": "zone location",
    "provider": "type kind cloud vendor",
    "protected": "prod production protect guarded",
    "read_only": "readonly ro",
    "refresh_seconds": "refresh interval refresh_interval poll poll_seconds every",
    "ca_file": "ca cacert ca_cert ca_bundle ca_certs ssl_cert_file verify",
    "client_cert": "cert client_certificate tls_cert",
    "proxy": "http_proxy https_proxy all_proxy",
    "theme": "skin colors colours color colour",
    "keys": "keymap bindings keybindings shortcuts",
    "profiles": "profile accounts account clouds",
    "audit": "journal audit_log",
    "user": "username login login_user",
    "identity_file": "identity identityfile key key_file keyfile private_key ssh_key pem",
    "proxy_jump": "proxyjump jump jump_host jumphost bastion proxy proxycommand proxy_command gateway",
    "known_hosts": "known_hosts_file user_known_hosts_file hosts",
    "host_keys": "strict_host_key_checking host_key_checking host_key host_key_policy",
    "connect_timeout": "timeout connection_timeout",
    "login_timeout": "auth_timeout",
    "command": "cmd ssh program client",
    "allow_local": "allow_loopback allow_private local",
    "port": "ssh_port",
}


def other_name(key: str, known: Sequence[str]) -> str:
    """The one of `known` that other programs call `key`, however it is written; empty if there is none."""
    bare = re.sub(r"[-. ]", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key)).casefold()
    if bare in known:
        return bare
    return next((ours for ours in known if bare in _OTHERS.get(ours, "").split()), "")
