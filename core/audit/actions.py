"""What the entries of the audit trail say in plain language: every action that core records."""

from collections.abc import Mapping

from core.api.texts import N_
from core.ui.translations import DOMAIN

ACTIONS = {
    "audit.exported": N_("Audit trail exported"),
    "custom_field.added": N_("Custom field added"),
    "custom_field.changed": N_("Custom field changed"),
    "custom_field.ordered": N_("Custom fields put in another order"),
    "custom_field.removed": N_("Custom field removed"),
    "export.asked": N_("Export of everything asked for"),
    "export.downloaded": N_("Export downloaded"),
    "export.removed": N_("Export deleted"),
    "module.entitled": N_("Right to use a module changed"),
    "module.purged": N_("Data of a module purged"),
    "module.settings_changed": N_("Settings of a module changed"),
    "module.switched_off": N_("Module switched off"),
    "module.switched_on": N_("Module switched on"),
    "number.renamed": N_("Number renamed"),
    "passkey.added": N_("Passkey added"),
    "passkey.copied": N_("Passkey refused: it may have been copied"),
    "passkey.removed": N_("Passkey removed"),
    "passkey.renamed": N_("Passkey renamed"),
    "platform.number_removed": N_("Number taken out of the inventory"),
    "platform.numbers_entered": N_("Numbers entered into the inventory"),
    "flow.created": N_("Call flow made"),
    "flow.published": N_("Call flow answers a number"),
    "flow.removed": N_("Call flow removed"),
    "flow.renamed": N_("Call flow renamed"),
    "flow.saved": N_("Version of a call flow saved"),
    "presence.changed": N_("Availability changed"),
    "queue_member.logged_in": N_("Logged in to a queue by somebody else"),
    "queue_member.logged_out": N_("Logged out of a queue by somebody else"),
    "queue_member.priority": N_("Priority in a queue changed"),
    "retention.changed": N_("Retention changed"),
    "retention.swept": N_("Old data deleted"),
    "role.changed": N_("Role changed"),
    "role.created": N_("Role created"),
    "role.deleted": N_("Role deleted"),
    "schedule.changed": N_("Opening hours changed"),
    "schedule.created": N_("Opening hours made"),
    "schedule.removed": N_("Opening hours removed"),
    "seat.released": N_("Seat of a module taken back"),
    "seat.taken": N_("Seat of a module given"),
    "security.changed": N_("Security settings changed"),
    "sound.changed": N_("Sound changed"),
    "sound.created": N_("Sound made"),
    "sound.removed": N_("Sound removed"),
    "sound.replaced": N_("Content of a sound replaced"),
    "sound_category.changed": N_("Category of sounds changed"),
    "sound_category.created": N_("Category of sounds made"),
    "sound_category.removed": N_("Category of sounds removed"),
    "self_service.changed": N_("What users change themselves changed"),
    "status_name.changed": N_("Name of a status changed"),
    "tenant.changed": N_("Company changed"),
    "tenant.created": N_("Company created"),
    "tenant.erased": N_("Company erased"),
    "tenant.number_returned": N_("Number returned"),
    "tenant.numbers_assigned": N_("Numbers given to the company"),
    "tenant.resumed": N_("Company works again"),
    "tenant.suspended": N_("Company suspended"),
    "token.made": N_("API token made"),
    "token.revoked": N_("API token revoked"),
    "user.added": N_("User added"),
    "user.changed": N_("User changed"),
    "user.codes_off": N_("One-time codes turned off"),
    "user.codes_on": N_("One-time codes turned on"),
    "user.exported": N_("Users exported"),
    "user.identifier_added": N_("May sign in with more"),
    "user.identifier_removed": N_("May sign in with less"),
    "user.password_link_sent": N_("Password link sent"),
    "user.password_set": N_("Password set"),
    "user.picture_changed": N_("Picture changed"),
    "user.preferences_changed": N_("Settings of one's own screens changed"),
    "user.recovery_code_used": N_("Signed in with a recovery code"),
    "user.recovery_codes_made": N_("New recovery codes made"),
    "user.removed": N_("User removed"),
    "user.role_changed": N_("Role of a user changed"),
    "user.second_factor_reset": N_("Second factor removed by an administrator"),
    "user.sessions_ended": N_("Signed out by an administrator"),
}
"""Action → gettext id, by subject."""

_of_plugins: dict[str, tuple[str, str]] = {}
"""Action → text and the plugin whose text it is."""


def add_actions(plugin: str, actions: Mapping[str, str]) -> None:
    """Let the actions of a plugin be told in words."""
    _of_plugins.update({action: (text, plugin) for action, text in actions.items()})


def known_actions() -> dict[str, tuple[str, str]]:
    """Every action that can be told in words: its text (a gettext id), and whose text it is."""
    return {action: (text, DOMAIN) for action, text in ACTIONS.items()} | _of_plugins
