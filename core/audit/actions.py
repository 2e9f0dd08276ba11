"""What the entries of the audit trail say in plain language: every action that core records."""

from core.api.texts import N_

ACTIONS = {
    "audit.exported": N_("Audit trail exported"),
    "custom_field.added": N_("Custom field added"),
    "custom_field.changed": N_("Custom field changed"),
    "custom_field.removed": N_("Custom field removed"),
    "presence.changed": N_("Availability changed"),
    "status_name.changed": N_("Name of a status changed"),
    "tenant.created": N_("Company created"),
    "user.added": N_("User added"),
    "user.changed": N_("User changed"),
    "user.picture_changed": N_("Picture changed"),
    "user.removed": N_("User removed"),
}
"""Action → gettext id, by subject."""
