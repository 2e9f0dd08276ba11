"""What the night bell lets roles do."""

from core.api import AccessLevel, Permission

VIEW = Permission("nightbell.view", "See who rang the night bell", AccessLevel.VIEW)
CLEAR = Permission("nightbell.clear", "Clear the list of the night bell", AccessLevel.MANAGE)
PERMISSIONS = (VIEW, CLEAR)
