"""A company's settings of a module: shown without their secrets, changed with a version, recorded."""

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import Struct

from core.api.errors import Changed, NotFound
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.host.registry import Plugin
from core.host.service import Modules, entitled
from core.host.settings import PluginSettings, put_at, value_at
from core.host.settings_form import Group, form_of, secrets_of
from core.host.settings_values import Plain, checked
from core.ui.templating import _

HIDDEN = "••••"
"""Stands in the audit trail for a secret."""


class ModuleSettings(Struct, frozen=True):
    """The settings of a module as they are shown. `values`: without secrets; `secrets`: path of each → is it there?"""

    plugin: str
    title: str
    form: Group
    values: Plain
    secrets: dict[str, bool]
    version: int


async def module_settings(host: Modules, store: PluginSettings, name: str) -> ModuleSettings:
    """The settings of a module that is granted to the tenant in force. Raises NoSuchModule, NotFound."""
    plugin, form = _with_settings(host, name)
    async with transaction():
        await entitled(name)
        found = await store.read(plugin)
    values, secrets = _without_secrets(form, msgspec.to_builtins(found.settings))
    return ModuleSettings(
        name,
        plugin.manifest.title,
        form,
        values,
        {path: bool(secret) for path, secret in secrets.items()},
        found.version,
    )


async def change_settings(
    host: Modules, store: PluginSettings, name: str, values: Plain, version: int, *, forget: Collection[str] = ()
) -> ModuleSettings:
    """Set all settings of a module; what is not given has its default, but a secret stays unless it is in `forget`.

    Every process has them at its next use of the module. Raises NoSuchModule, NotFound, Changed, Invalid.
    """
    plugin, form = _with_settings(host, name)
    async with transaction():
        await entitled(name)  # held: two who change the settings at once come one after the other
        before = await store.read(plugin)
        if before.version != version:
            raise Changed
        had = msgspec.to_builtins(before.settings)
        for path in secrets_of(form):
            given = value_at(values, path)
            if path in forget:
                put_at(values, path, "")
            elif given in (None, ""):
                put_at(values, path, value_at(had, path))
        after = checked(form, values, lambda text: _(text, name))
        await store.write(plugin, after, version)
        await record(
            "module.settings_changed",
            name,
            plugin.manifest.title,
            before=_told(form, had, had),
            after=_told(form, msgspec.to_builtins(after), had),
        )
    return await module_settings(host, store, name)


def _with_settings(host: Modules, name: str) -> tuple[Plugin, Group]:
    plugin = host.plugin(name)
    if plugin.manifest.settings is None:
        raise NotFound(N_("The module {name} has no settings."), name=name)
    return plugin, form_of(plugin.manifest.settings)


def _without_secrets(form: Group, values: Plain) -> tuple[Plain, dict[str, str]]:
    """The values with no secret in them, and the secrets by path."""
    secrets = {path: str(value_at(values, path) or "") for path in secrets_of(form)}
    for path in secrets:
        put_at(values, path, "")
    return values, secrets


def _told(form: Group, values: Plain, had: Plain) -> dict[str, Any]:
    """As the audit trail has it: by path, a secret hidden, but not that it is another one."""
    secrets = {path: (value_at(values, path) or "", value_at(had, path) or "") for path in secrets_of(form)}
    plain, _gone = _without_secrets(form, msgspec.json.decode(msgspec.json.encode(values)))
    told = dict(_flat(plain, ""))
    for path, (secret, before) in secrets.items():
        told[path] = (HIDDEN if secret == before else f"{HIDDEN} (new)") if secret else ""
    return told


def _flat(value: Any, path: str) -> Any:
    """Each value that is no object, by its path."""
    if not isinstance(value, dict):
        yield path, value
        return
    for name, one in value.items():
        yield from _flat(one, f"{path}.{name}" if path else name)
