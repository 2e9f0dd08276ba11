"""What the night bell lets roles do."""

from core.api import N_, AccessLevel, Permission

VIEW = Permission("nightbell.view", N_("See who rang the night bell"), AccessLevel.VIEW)
CLEAR = Permission("nightbell.clear", N_("Clear the list of the night bell"), AccessLevel.MANAGE)
PERMISSIONS = (VIEW, CLEAR)
