"""On whose behalf the running code works: a tenant, or the platform itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["app", "system", "owner"]


class NoTenant(RuntimeError):
    """A query or a tenant's value was asked for while no tenant was chosen."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The database role that statements run under, and its tenant."""

    role: Role
    tenant_id: UUID | None = None

    def __str__(self) -> str:
        return f"tenant {self.tenant_id}" if self.tenant_id else f"the {self.role} role"


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextmanager
def use(scope: Scope) -> Iterator[None]:
    """Work in `scope` until the end of the block. Callers outside core.data use tenant() or system()."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def tenant(tenant_id: UUID) -> Iterator[None]:
    """Work for one tenant: every query in the block sees and writes this tenant's rows only.

    Raises TypeError when the id is not a UUID, so that nothing else can ever reach a SET statement.
    """
    if not isinstance(tenant_id, UUID):
        raise TypeError(f"a tenant id is a UUID, not {type(tenant_id).__name__}: {tenant_id!r}")
    with use(Scope("app", tenant_id)):
        yield


@contextmanager
def system() -> Iterator[None]:
    """Work across tenants, past row-level security: only in the modules that system_uses.py lists."""
    with use(Scope("system")):
        yield


def current_scope() -> Scope:
    """The scope in force. Raises NoTenant outside tenant() and system()."""
    scope = _scope.get()
    if scope is None:
        raise NoTenant("no tenant is chosen here: wrap the work in `with tenant(tenant_id):`")
    return scope


def current_tenant() -> UUID:
    """Id of the tenant in force. Raises NoTenant outside tenant(), also inside system()."""
    scope = _scope.get()
    if scope is None or scope.tenant_id is None:
        raise NoTenant("no tenant is chosen here: wrap the work in `with tenant(tenant_id):`")
    return scope.tenant_id
