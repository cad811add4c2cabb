"""`gputui config`: the path of the file, its content without secrets, and all errors in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.commands.judging import judged
from gputui.commands.profiles import chosen, load_config
from gputui.config.document import ConfigError, read

if TYPE_CHECKING:
    from gputui.commands.context import CliContext
    from gputui.commands.options import GlobalOptions


def run_config(what: str, options: GlobalOptions, ctx: CliContext) -> int:
    """Run `path`, `show` or `check`."""
    return {"path": run_path, "show": run_show, "check": run_check}[what](options, ctx)


def run_path(options: GlobalOptions, ctx: CliContext) -> int:
    """Print the path of the configuration, whether it exists or not."""
    path = options.config.absolute() if options.config else ctx.places.config_file
    ctx.out.write(f"{path}\n")
    return 0


def run_show(options: GlobalOptions, ctx: CliContext) -> int:
    """Print the configuration with its secrets hidden."""
    import tomli_w

    from gputui.config.masking import masked_config

    document = read(load_config(options, ctx).path)
    if isinstance(document, ConfigError):
        ctx.say(document)
        return 2
    ctx.out.write(tomli_w.dumps(masked_config(document.table, _open_keys)))
    return 0


def _open_keys(provider_id: str) -> frozenset[str]:
    from gputui.config import providers

    provider = providers.load(provider_id)
    if isinstance(provider, ConfigError):
        return frozenset()
    return frozenset(setting.name for setting in provider.settings if setting.kind != "secret")


def run_check(options: GlobalOptions, ctx: CliContext) -> int:
    """Print every error that can be found without a request to a cloud."""
    config = load_config(options, ctx)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        ctx.say(profiles)
        return 2
    errors = judged(config, profiles, ctx)
    for error in errors:
        ctx.say(error)
    if errors:
        return 2
    ctx.out.write(f"{config.path}: {len(profiles)} profiles, nothing wrong\n")
    return 0
