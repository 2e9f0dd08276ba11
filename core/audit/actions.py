"""What the entries of the audit trail say in plain language: every action that core records."""

from core.api.texts import N_

ACTIONS = {
    "audit.exported": N_("Audit trail exported"),
    "custom_field.added": N_("Custom field added"),
    "custom_field.changed": N_("Custom field changed"),
    "custom_field.removed": N_("Custom field removed"),
    "module.entitled": N_("Right to use a module changed"),
    "module.switched_off": N_("Module switched off"),
    "module.switched_on": N_("Module switched on"),
    "number.renamed": N_("Number renamed"),
    "platform.number_removed": N_("Number taken out of the inventory"),
    "platform.numbers_entered": N_("Numbers entered into the inventory"),
    "presence.changed": N_("Availability changed"),
    "schedule.changed": N_("Opening hours changed"),
    "schedule.created": N_("Opening hours made"),
    "schedule.removed": N_("Opening hours removed"),
    "status_name.changed": N_("Name of a status changed"),
    "tenant.changed": N_("Company changed"),
    "tenant.created": N_("Company created"),
    "tenant.number_returned": N_("Number returned"),
    "tenant.numbers_assigned": N_("Numbers given to the company"),
    "tenant.resumed": N_("Company works again"),
    "tenant.suspended": N_("Company suspended"),
    "user.added": N_("User added"),
    "user.changed": N_("User changed"),
    "user.identifier_added": N_("May sign in with more"),
    "user.identifier_removed": N_("May sign in with less"),
    "user.password_link_sent": N_("Password link sent"),
    "user.password_set": N_("Password set"),
    "user.picture_changed": N_("Picture changed"),
    "user.removed": N_("User removed"),
}
"""Action → gettext id, by subject."""
