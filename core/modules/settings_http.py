"""The settings of a company's modules: REST API."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.api.rest import IfMatch, wanted_version, with_etag
from core.host.service import Modules
from core.host.settings import PluginSettings
from core.modules.settings import ModuleSettings, change_settings, module_settings


class SettingsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a module."""

    values: Annotated[dict[str, Any], Meta(description="As `json_schema` says; what is not given has its default")]
    forget: Annotated[list[str], Meta(description="Paths of secrets to be removed", max_length=100)] = []


class SettingsOut(Struct, frozen=True):
    """The settings of a module."""

    values: Annotated[dict[str, Any], Meta(description="Secrets are empty")]
    secrets: Annotated[dict[str, bool], Meta(description="Path of each secret, and whether there is one")]
    json_schema: Annotated[dict[str, Any], Meta(description="What can be set (JSON Schema 2020-12)")]
    version: int


def _answer(found: ModuleSettings) -> Response[SettingsOut]:
    schema = msgspec.json.schema(found.form.type)
    return with_etag(SettingsOut(found.values, found.secrets, schema, found.version), found.version)


class ModuleSettingsApi(Controller):
    """What the company has chosen for a module."""

    path = "/api/v1/modules/{name:str}/settings"
    tags = ("Modules",)
    opt = {"permission": "modules.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="The settings of a module")
    async def show(
        self, name: FromPath[str], modules: NamedDependency[Modules], plugin_settings: NamedDependency[PluginSettings]
    ) -> Response[SettingsOut]:
        """What is set, and what can be; version 0: nothing has been set yet."""
        return _answer(await module_settings(modules, plugin_settings, name))

    @put(summary="Set the settings of a module", opt={"permission": "modules.manage"})
    async def change(
        self,
        name: FromPath[str],
        data: JSONBody[SettingsIn],
        modules: NamedDependency[Modules],
        plugin_settings: NamedDependency[PluginSettings],
        if_match: IfMatch = "",
    ) -> Response[SettingsOut]:
        """All at once. A secret that is not given, or empty, stays as it is."""
        version = wanted_version(if_match)
        found = await change_settings(modules, plugin_settings, name, data.values, version, forget=data.forget)
        return _answer(found)
