"""Is the pjsua2 of this process the one that our set-up builds, and large enough?"""

from importlib import import_module

REMEDY = "run `make setup` to build pjsua2 2.17 with Sentralbord's settings"
VERSION = "2.17"


class BuildProblem(RuntimeError):
    """This pjsua2 cannot carry a switchboard; the message says why and what to do."""


def check_build(legs: int, spare: int) -> None:
    """Raise BuildProblem when pjsua2 is missing, of another version, or compiled for fewer than `legs + spare` calls.

    Wheels from elsewhere are compiled for 4 calls and do not say so: only a build that tells its limits is taken.
    """
    try:
        build = import_module("pjsua2_build")
    except ImportError:
        raise BuildProblem(
            f"pjsua2 is missing or was not built by Sentralbord (others carry 4 calls): {REMEDY}"
        ) from None
    if build.VERSION != VERSION:
        raise BuildProblem(f"pjsua2 is {build.VERSION}, {VERSION} is needed: {REMEDY}")
    needs = {
        "PJSUA_MAX_CALLS": legs + spare,
        "PJSUA_MAX_CONF_PORTS": 3 * legs + 2,
        "PJSUA_MAX_PLAYERS": legs,
        "PJ_IOQUEUE_MAX_HANDLES": 2 * legs + 64,  # so many need epoll: select() ends at 1024
    }
    for name, needed in needs.items():
        if build.LIMITS.get(name, 0) < needed:
            raise BuildProblem(
                f"this pjsua2 has {name} {build.LIMITS.get(name, 0)}, {legs} legs need {needed}: "
                f"lower media.max_calls, or raise it in core/telephony/native/config_site.h and {REMEDY}"
            )
