"""What VIP lists let roles do."""

from core.api import N_, AccessLevel, Permission

VIEW = Permission("vip.view", N_("See VIP lists and who is on them"), AccessLevel.VIEW)
MANAGE = Permission("vip.manage", N_("Make and change VIP lists"), AccessLevel.MANAGE)
PERMISSIONS = (VIEW, MANAGE)
