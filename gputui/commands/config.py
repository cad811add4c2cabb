"""`gputui config`: the path of the file, its content without secrets, and all errors in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.commands.profiles import chosen, load_config, load_provider, resolver
from gputui.config.document import ConfigError, read
from gputui.config.settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gputui.commands.context import CliContext
    from gputui.commands.options import GlobalOptions
    from gputui.config.profiles import Config, Profile


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
    """Check everything that can be checked without a request to a cloud: keys, values, files, secrets, themes."""
    config = load_config(options, ctx)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        ctx.say(profiles)
        return 2
    errors = list(config.errors)
    for profile in profiles:
        errors.extend(_profile_errors(config, profile, ctx))
    if not config.missing:
        errors.extend(_theme_errors(config, ctx))
    for error in sorted(errors, key=lambda error: (error.file, error.line or 0)):
        ctx.say(error)
    if errors:
        return 2
    ctx.out.write(f"{config.path}: {len(profiles)} profiles, nothing wrong\n")
    return 0


def _profile_errors(config: Config, profile: Profile, ctx: CliContext) -> tuple[ConfigError, ...]:
    provider = load_provider(profile)
    if isinstance(provider, tuple):
        return provider
    settings = settings_of(profile, provider, resolver(config, ctx))
    return settings if isinstance(settings, tuple) else ()


def _theme_errors(config: Config, ctx: CliContext) -> Iterator[ConfigError]:
    from gputui.config import themes

    loaded = themes.load_all(ctx.places.themes_dir)
    yield from (error for _, error in loaded.complaints)
    document = read(config.path)
    named: list[tuple[tuple[str, ...], str]] = [(("theme",), config.theme)]
    named += [(("profiles", profile.name, "theme"), profile.theme) for profile in config.profiles if profile.theme]
    for keys, name in named:
        if name not in loaded.found and not isinstance(document, ConfigError):
            yield document.error(keys, "there is no theme of that name", tuple(loaded.found))
