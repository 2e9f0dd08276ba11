"""The menus: what the top bar and the administration offer, in their order; permissions decide who sees what."""

from core.api.texts import N_
from core.host.registry import Registry
from core.roles.model import SIGNED_IN
from core.ui.shell import Entry

MAIN = (
    Entry("/live", "activity", N_("Live"), "live.view"),
    Entry("/calls", "history", N_("Calls"), "calls.view"),
)
ADMINISTRATION = (
    Entry("/admin/users", "users", N_("Users"), "users.view"),
    Entry("/admin/self-service", "id-card", N_("What users change"), "users.view"),
    Entry("/admin/numbers", "phone", N_("Numbers"), "numbers.view"),
    Entry("/admin/sounds", "volume-2", N_("Sounds"), "sounds.view"),
    Entry("/admin/security", "shield", N_("Security"), "security.view"),
    Entry("/admin/modules", "puzzle", N_("Modules"), "modules.view"),
    Entry("/admin/roles", "key-round", N_("Roles"), "roles.view"),
    Entry("/admin/retention", "archive", N_("Retention"), "retention.view"),
    Entry("/admin/exports", "download", N_("Export"), "exports.manage"),
    Entry("/admin/audit", "scroll-text", N_("Audit trail"), "audit.view"),
    Entry("/admin/platform/tenants", "building-2", N_("Companies"), "platform.view"),
    Entry("/admin/platform/numbers", "hash", N_("Number inventory"), "platform.view"),
)
"""Pages below /admin (GEN-2). The first one that the user may see opens when she goes to the administration."""

PROFILE = (
    Entry("/profile/details", "id-card", N_("About me"), SIGNED_IN),
    Entry("/profile/calls", "phone", N_("Calls"), SIGNED_IN),
    Entry("/profile/devices", "smartphone", N_("Devices"), SIGNED_IN),
    Entry("/profile/queues", "list-ordered", N_("My queues"), SIGNED_IN),
    Entry("/profile/switchboard", "sliders-horizontal", N_("Switchboard"), SIGNED_IN),
    Entry("/profile/security", "shield-check", N_("Security"), SIGNED_IN),
    Entry("/profile/tokens", "key-round", N_("API tokens"), SIGNED_IN),
)
"""Pages below /profile (GEN-3)."""


def administration(registry: Registry) -> tuple[Entry, ...]:
    """The pages of the administration, then those of plugins; nobody may see those of one that is off."""
    manifests = [plugin.manifest for plugin in registry.plugins.values()]
    theirs = [Entry(e.path, e.icon, e.title, e.permission, one.name) for one in manifests for e in one.menu]
    return (*ADMINISTRATION, *theirs)
