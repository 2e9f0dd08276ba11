"""What the entries of the audit trail say in plain language: every action that core records."""

from core.api.texts import N_

ACTIONS = {
    "audit.exported": N_("Audit trail exported"),
    "tenant.created": N_("Company created"),
}
"""Action → gettext id, by subject."""
