"""Every module that works past row-level security with system(), and why it must. A test holds the code to it."""

SYSTEM_USES = {
    "core.data.partitions": "partitions belong to no tenant",
    "core.tenancy.service": "makes and lists tenants; finds whose number was dialled before any tenant is known",
}
