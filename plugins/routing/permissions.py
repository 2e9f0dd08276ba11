"""What route lists let roles do."""

from core.api import N_, AccessLevel, Permission

VIEW = Permission("routing.view", N_("See route lists"), AccessLevel.VIEW)
MANAGE = Permission("routing.manage", N_("Make and change route lists"), AccessLevel.MANAGE)
PERMISSIONS = (VIEW, MANAGE)
