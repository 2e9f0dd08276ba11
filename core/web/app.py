"""The web application: every route, and what stands in front of them. It mounts and holds no rules."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template.config import TemplateConfig
from redis.asyncio import Redis

from core.api.manifest import Slot
from core.audio.http import SOUNDS_API
from core.audio.list_pages import SOUND_LIST_PAGES
from core.audio.pages import SOUND_PAGES
from core.audio.speech import EspeakNg
from core.audio.voices import Voices
from core.audit.http import AuditTrail
from core.audit.pages import PAGES as AUDIT_PAGES
from core.calls.agent_journals import AgentJournals
from core.calls.http import Calls
from core.calls.live import LiveCalls
from core.config import Settings
from core.data import Database, DatabaseUnavailable
from core.directory.account_security_http import UserSecurity
from core.directory.account_security_pages import PAGES as ACCOUNT_SECURITY_PAGES
from core.directory.bulk.http import BULK_API
from core.directory.bulk.import_pages import PAGES as USER_IMPORT_PAGES
from core.directory.bulk.pages import PAGES as USER_BATCH_PAGES
from core.directory.bulk.service import Batches, Enqueue
from core.directory.definition_http import DEFINITIONS_API
from core.directory.definition_pages import PAGES as DEFINITION_PAGES
from core.directory.device_pages import PAGES as DEVICE_PAGES
from core.directory.http import USERS_API
from core.directory.profile_http import PROFILE_API as MY_PROFILE_API
from core.directory.profile_pages import PAGES as PROFILE_PAGES
from core.directory.self_service_pages import PAGES as SELF_SERVICE_PAGES
from core.directory.user_pages import PAGES as USER_PAGES
from core.exports.http import Exports
from core.exports.pages import PAGES as EXPORT_PAGES
from core.flows.elements import TenantElements
from core.flows.http import FLOW_API
from core.flows.service import flow_names, flows_with
from core.flows.uses import sound_uses
from core.host.context import ContextFactory
from core.host.dispatch import Dispatcher
from core.host.events import emit
from core.host.gate import Gate
from core.host.lifespan import lifespans
from core.host.registry import Registry
from core.host.service import Modules, follow_modules, load_gate
from core.host.settings import PluginSettings
from core.identity.admin_pages import PAGES as SECURITY_ADMIN_PAGES
from core.identity.challenges import Challenges
from core.identity.cookies import Cookies
from core.identity.entrance import Entrance
from core.identity.guards import EnrolmentGuard, TokenGuard
from core.identity.http import PROFILE_API, SecurityPolicy
from core.identity.links import PasswordLinks
from core.identity.model import Principal
from core.identity.pages import PAGES as IDENTITY_PAGES
from core.identity.passkey_api import MyPasskeys
from core.identity.passkey_pages import PAGES as PASSKEY_PAGES
from core.identity.passkey_profile import PAGES as PASSKEY_PROFILE
from core.identity.passkey_sign_in import PasskeySignIn
from core.identity.passkeys import Registration
from core.identity.password_pages import PAGES as PASSWORD_PAGES
from core.identity.pending import PendingSignIns
from core.identity.preferences_http import MyPreferences
from core.identity.preferences_pages import PAGES as PREFERENCE_PAGES
from core.identity.second_factor import SecondFactors
from core.identity.second_step_pages import PAGES as SECOND_STEP_PAGES
from core.identity.security_pages import PAGES as SECURITY_PAGES
from core.identity.sessions import Sessions
from core.identity.site import Site
from core.identity.throttle import Throttle
from core.identity.token_pages import PAGES as TOKEN_PAGES
from core.identity.vault import Vault
from core.messages.service import StoredOutbox
from core.modules.http import CompanyModules
from core.modules.pages import PAGES as MODULE_PAGES
from core.modules.settings_http import ModuleSettingsApi
from core.modules.settings_pages import PAGES as MODULE_SETTINGS_PAGES
from core.numbers.http import Numbers
from core.numbers.pages import PAGES as NUMBER_PAGES
from core.platform.http import PLATFORM_API
from core.platform.pages import PAGES as PLATFORM_PAGES
from core.queues.member_http import UserQueues
from core.queues.member_pages import PAGES as USER_QUEUE_PAGES
from core.queues.members import Members
from core.queues.my_queues_http import MyQueues
from core.queues.my_queues_pages import PAGES as MY_QUEUE_PAGES
from core.queues.state import QueueState
from core.retention.http import Retention
from core.retention.model import Classes
from core.retention.pages import PAGES as RETENTION_PAGES
from core.roles.access import Accesses
from core.roles.answers_http import ANSWERS_API
from core.roles.answers_pages import PAGES as ANSWER_PAGES
from core.roles.guards import access_of, permission_guard
from core.roles.http import Roles
from core.roles.model import PUBLIC, SIGNED_IN, Catalogue
from core.roles.pages import PAGES as ROLE_PAGES
from core.schedules.http import Schedules
from core.telephony.made_calls_http import PAGES as MADE_CALL_PAGES
from core.telephony.made_calls_http import MyCalls
from core.ui.shell import Shell, page
from core.ui.templating import create_environment
from core.web import menu
from core.web.boards import QueueBoards
from core.web.call_pages import PAGES as CALL_PAGES
from core.web.csrf import CsrfGuard
from core.web.errors import handle_error
from core.web.health import HEALTH
from core.web.hub import Hub
from core.web.intake import IntakeGuard
from core.web.live import live_channel
from core.web.live_api import LiveState
from core.web.middleware import RequestContext
from core.web.openapi import openapi_config
from core.web.plugins import Plugins
from core.web.security import add_headers
from core.web.static import messages, static_files
from core.wiring import folder_of

START = {"live": ("/live", "live.view"), "calls": ("/calls", "calls.view"), "queues": ("/profile/queues", SIGNED_IN)}
"""What may open first: its address, and the permission it needs."""


@get("/live", opt={"permission": "live.view"}, include_in_schema=False)
async def live_page(request: Request[Any, Any, Any], plugins: NamedDependency[Plugins]) -> Template:
    """Calls, queues and people now, and plugins' panels; filled through the live channel."""
    panels = plugins.panels(Slot.LIVE, access_of(request))
    return page(request, "live.html", panels=panels, alert=request.user.preferences.alert)


@get("/", opt={"permission": SIGNED_IN}, include_in_schema=False)
async def home(request: Request[Principal, Any, Any]) -> Redirect:
    """The page that she wants first, if she may see it (PRF-12); else the first that she may."""
    wanted, permission = START[request.user.preferences.start]
    if access_of(request).allows(permission):
        return Redirect(wanted)
    shell: Shell = request.state.shell
    return Redirect((*shell.entries, *shell.profile)[0].path)


@get("/admin", opt={"permission": SIGNED_IN}, include_in_schema=False)
async def administration(request: Request[Any, Any, Any]) -> Redirect:
    """The first page of the administration that this user may see."""
    shell: Shell = request.state.shell
    if not shell.administration:
        raise PermissionDeniedException("your role does not give access to the administration")
    return Redirect(shell.administration[0].path)


@get("/profile", opt={"permission": SIGNED_IN}, include_in_schema=False)
async def my_profile(request: Request[Any, Any, Any]) -> Redirect:
    """The first page of My profile (GEN-3)."""
    shell: Shell = request.state.shell
    return Redirect(shell.profile[0].path)


@get("/{path:path}", opt={"permission": PUBLIC}, include_in_schema=False)
async def nothing(path: FromPath[str]) -> None:
    """Every address that is nobody's: so that its error page has the visitor's language and frame."""
    raise NotFoundException


def create_app(
    settings: Settings,
    database: Database,
    redis: Redis,
    registry: Registry | None = None,
    gate: Gate | None = None,
    contexts: ContextFactory | None = None,
    enqueue: Enqueue | None = None,
) -> Litestar:
    """The app over an open database and Redis, which the caller closes after the app's shutdown.

    `registry`: the loaded plugins; None: none. `gate`: which tenant has them on; while the app runs it follows
    what any process changes. None: one of its own. `contexts`: what plugins' routes get as `ctx`; None: nothing.
    `enqueue`: adds a background job; None: what would go to the background is done at once.
    """
    registry = registry or Registry({})
    gate = gate or Gate(frozenset(registry.plugins))
    plugins = Plugins(registry, gate, contexts)
    dispatcher = Dispatcher(registry, contexts or ContextFactory(_no_jobs, partial(emit, redis)))
    cookies = Cookies(secure=settings.web.secure_cookies or settings.web.public_url.startswith("https:"))
    sessions = Sessions(redis, idle_seconds=settings.web.session_hours * 3600)
    accesses = Accesses(Catalogue(plugin.manifest for plugin in registry.plugins.values()), gate.plugins)
    throttle = Throttle(redis)
    pending = PendingSignIns(redis)
    vault = Vault(settings.web.secret_key, Path(settings.data.folder))
    factors = SecondFactors(vault)
    challenges, site = Challenges(redis), Site.of(settings.web.address)
    boards = QueueBoards(redis)
    journals = AgentJournals(redis, folder_of(settings) / "spool", "web")
    outbox = StoredOutbox()
    links = PasswordLinks(outbox, sessions, settings.web.address)
    hub = Hub(LiveCalls(redis), boards)
    services: dict[str, Any] = {
        "database": database,
        "redis": redis,
        "cookie_jar": cookies,
        "sessions": sessions,
        "accesses": accesses,
        "permissions": accesses.catalogue.permissions,
        "throttle": throttle,
        "pending": pending,
        "factors": factors,
        "links": links,
        "batches": Batches(sessions, links, accesses.catalogue, enqueue),
        "outbox": outbox,
        "entrance": Entrance(sessions, pending, cookies),
        "registration": Registration(challenges, site),
        "passkey_sign_in": PasskeySignIn(challenges, site),
        "plugins": plugins,
        "modules": Modules(redis, gate, dispatcher),
        "retention": Classes((plugin.manifest for plugin in registry.plugins.values()), gate.plugins),
        "plugin_settings": PluginSettings(vault),
        "boards": boards,
        "queue_state": QueueState(redis),
        "hub": hub,
        "members": Members(redis, journals),
        "flow_names": flow_names,
        "flow_uses": flows_with,
        "schedule_uses": partial(flows_with, "schedule"),
        "sound_uses": sound_uses,
        "voices": Voices([EspeakNg()], lambda tenant_id: registry.speech(gate.plugins(tenant_id))),
        "elements": TenantElements(registry, gate),
    }

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        with suppress(DatabaseUnavailable):  # it is read as soon as the database is there
            await load_gate(gate)
        following = [asyncio.create_task(each) for each in (follow_modules(redis, gate), sessions.stamps.follow())]
        try:
            async with lifespans(registry, "web"), hub, journals:
                yield
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    return Litestar(
        [
            home,
            administration,
            my_profile,
            live_page,
            live_channel,
            *CALL_PAGES,
            Calls,
            LiveState,
            *AUDIT_PAGES,
            AuditTrail,
            *MODULE_PAGES,
            CompanyModules,
            *EXPORT_PAGES,
            Exports,
            *RETENTION_PAGES,
            Retention,
            *MODULE_SETTINGS_PAGES,
            ModuleSettingsApi,
            *USER_PAGES,
            *USERS_API,
            *ACCOUNT_SECURITY_PAGES,
            UserSecurity,
            *USER_QUEUE_PAGES,
            UserQueues,
            *USER_BATCH_PAGES,
            *USER_IMPORT_PAGES,
            *BULK_API,
            *DEFINITION_PAGES,
            *DEFINITIONS_API,
            *NUMBER_PAGES,
            Numbers,
            *PLATFORM_PAGES,
            *PLATFORM_API,
            *FLOW_API,
            Schedules,
            *SOUND_LIST_PAGES,
            *SOUND_PAGES,
            *SOUNDS_API,
            *ROLE_PAGES,
            Roles,
            *ANSWER_PAGES,
            *ANSWERS_API,
            *IDENTITY_PAGES,
            *PASSWORD_PAGES,
            *SECOND_STEP_PAGES,
            *SECURITY_PAGES,
            *PASSKEY_PAGES,
            *PASSKEY_PROFILE,
            MyPasskeys,
            *TOKEN_PAGES,
            *PROFILE_API,
            *SECURITY_ADMIN_PAGES,
            SecurityPolicy,
            *PROFILE_PAGES,
            *DEVICE_PAGES,
            *PREFERENCE_PAGES,
            MyPreferences,
            *MY_PROFILE_API,
            *SELF_SERVICE_PAGES,
            *MY_QUEUE_PAGES,
            MyQueues,
            *MADE_CALL_PAGES,
            MyCalls,
            *HEALTH,
            messages,
            static_files(),
            *plugins.routers(),
            nothing,
        ],
        guards=[
            plugins.guard,
            CsrfGuard(settings.web.public_url),
            TokenGuard(redis, throttle),
            EnrolmentGuard(),
            permission_guard,
            IntakeGuard(),
        ],
        middleware=[RequestContext(sessions, cookies, accesses, menu.administration(registry))],
        dependencies={name: Provide(_constant(value), sync_to_thread=False) for name, value in services.items()},
        exception_handlers={Exception: handle_error},
        before_send=[add_headers],
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(create_environment(plugins.templates(), passkey_site=site))
        ),
        openapi_config=openapi_config(),
        lifespan=[running],
        logging_config=None,
    )


async def _no_jobs(job: str, *_: Any, **__: Any) -> None:
    """For an app that was made without contexts."""
    raise RuntimeError(f"the job {job} cannot be added: this app was made without contexts for plugins")


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value
