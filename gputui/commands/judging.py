"""All errors of one configuration: what `config check` prints, and what the console says at its start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gputui.commands.context import CliContext
from gputui.commands.profiles import NO_PROFILES, load_provider, resolver
from gputui.config import providers, themes
from gputui.config.document import ConfigError
from gputui.config.keymap import key_errors
from gputui.config.profiles import Config, Profile
from gputui.config.settings import PLAIN, settings_of
from gputui.core.filter import parse
from gputui.core.naming import did_you_mean
from gputui.core.provider import Provider
from gputui.core.schema import field_names

MOST_NOTICES = 4


def judged(config: Config, profiles: Sequence[Profile], ctx: CliContext) -> list[ConfigError]:
    """All errors that can be found without a request to a cloud: keys, values, files, secrets, themes, bindings."""
    errors = general_errors(config, ctx)
    for profile in profiles:
        errors += _profile_errors(config, profile, ctx)
    return sorted(_one_for_the_mode(errors), key=lambda error: (error.file, error.line or 0))


def notices(config: Config, ctx: CliContext) -> list[str]:
    """The general errors as the console says them at its start: the first few, and how to see all."""
    found = [str(error) for error in general_errors(config, ctx)]
    more = [f"and {len(found) - MOST_NOTICES} more: gputui config check"] if len(found) > MOST_NOTICES else []
    return [*found[:MOST_NOTICES], *more]


def general_errors(config: Config, ctx: CliContext) -> list[ConfigError]:
    """Those that keep no single profile from being connected: of the file as a whole, its themes and its bindings."""
    errors = [*config.errors, *(remark for profile in config.profiles for remark in profile.remarks)]
    if config.source is None:
        return errors
    if not config.profiles and not config.errors:
        errors.append(ConfigError(NO_PROFILES, str(config.path)))
    return [*errors, *_theme_errors(config, ctx), *_key_errors(config), *_filter_errors(config)]


def _profile_errors(config: Config, profile: Profile, ctx: CliContext) -> tuple[ConfigError, ...]:
    provider = load_provider(profile)
    if isinstance(provider, tuple):
        return provider
    settings = settings_of(profile, provider, resolver(config, ctx))
    return settings if isinstance(settings, tuple) else ()


def _one_for_the_mode(errors: Iterable[ConfigError]) -> list[ConfigError]:
    """One error for all secrets in plain text: a single chmod mends them."""
    found: list[ConfigError] = []
    for error in errors:
        at = next((at for at, one in enumerate(found) if PLAIN in one.message and one.message == error.message), None)
        if at is None:
            found.append(error)
        else:
            found[at] = replace(found[at], key=f"{found[at].key}, {error.key}")
    return found


def _theme_errors(config: Config, ctx: CliContext) -> Iterator[ConfigError]:
    loaded = themes.load_all(ctx.places.themes_dir)
    yield from (error for _, error in loaded.complaints)
    named: list[tuple[tuple[str, ...], str]] = [(("theme",), config.theme)]
    named += [(("profiles", profile.name, "theme"), profile.theme) for profile in config.profiles if profile.theme]
    known = tuple(loaded.found)
    for keys, name in named:
        if name not in known and config.source is not None:
            yield config.source.error(keys, f"there is no theme of that name{did_you_mean(name, known)}", known)


def _key_errors(config: Config) -> list[ConfigError]:
    if not config.keys or config.source is None:
        return []
    from gputui.ui.commands import COMMAND_TABLE
    from gputui.ui.shell.keymap import bindings_by_id, is_key_name

    views = [view for provider in _providers(config) for view in _verbs(provider)]
    return key_errors(config.source, config.keys, bindings_by_id(COMMAND_TABLE), views, is_key_name)


def _filter_errors(config: Config) -> Iterator[ConfigError]:
    """Names that `:` could not take, and expressions that would not be understood."""
    if not config.filters or config.source is None:
        return
    fields = field_names(view for provider in _providers(config) for view in provider.views)
    for name, text in config.filters.items():
        if len(name.split()) != 1:
            yield config.source.error(("filters", name), "a filter's name is one word")
        found = parse(text, fields)
        if found.complaint:
            yield config.source.error(("filters", name), found.reason or "is not understood")


def _providers(config: Config) -> Iterator[Provider[Any]]:
    """The providers of the profiles, and others whose verbs get keys: one file may be used on several machines."""
    used = [profile.provider for profile in config.profiles]
    installed = providers.names()
    used += [prefix for prefix in (identity.partition(".")[0] for identity in config.keys) if prefix in installed]
    for name in dict.fromkeys(used):
        loaded = providers.load(name) if name in installed else None
        if isinstance(loaded, Provider):
            yield loaded


def _verbs(provider: Provider[Any]) -> Iterator[Mapping[str, str]]:
    """For each view the keys of its verbs, also of those without a usual one."""
    for view in provider.views:
        keys = {**{verb.name: verb.key for verb in view.actions}, **{verb.name: verb.key for verb in view.queries}}
        yield {f"{provider.name}.{view.name}.{name}": key for name, key in keys.items()}
