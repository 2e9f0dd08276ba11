"""Every module that works past row-level security with system(), and why it must; a plugin never may.

A test holds the code to it."""

SYSTEM_USES = {
    "core.calls.confirm": "asks whether the events of one process's calls, of many tenants, are stored",
    "core.data.partitions": "partitions belong to no tenant",
    "core.exports.make": "a worker makes the exports of all tenants, and deletes those whose days are over",
    "core.host.service": "a periodic job has to know which tenants have its plugin on",
    "core.identity.identifiers": "sign-in looks an identifier up before its tenant is known",
    "core.identity.links": "a password link is looked up before its tenant is known; those of all tenants get too old",
    "core.identity.passkey_sign_in": "a passkey is looked up before its tenant is known",
    "core.identity.service": "a session knows its user, who is read again whatever her tenant",
    "core.identity.tokens": "an API token is looked up before its tenant is known",
    "core.messages.service": "the operator reads what all tenants would send; expired messages of all go at once",
    "core.platform.acts": "the operator changes tenants that are not its own, and both trails tell",
    "core.platform.erasure": "a company that is erased goes from every table, its audit trail too",
    "core.platform.numbers": "the inventory of numbers belongs to the platform",
    "core.platform.service": "the operator sees every tenant",
    "core.retention.sweep": "no tenant may delete from its audit trail; calls to numbers of nobody are the platform's",
    "core.telephony.service": "trunks belong to the platform",
    "core.tenancy.service": "makes and lists tenants",
}
