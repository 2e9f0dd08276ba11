"""Functions that make and drop the months of tables partitioned by UUIDv7 (docs/adr/0002)."""

from core.api.ddl import SYSTEM_ROLE, sql

ID = "0001_partitions"

FLOOR = """
CREATE FUNCTION uuid7_floor(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$
"""

# ATTACH takes a weaker lock than CREATE TABLE … PARTITION OF: calls are written while a month is added.
# It checks foreign keys with a query under row-level security, which needs some tenant although the month is empty.
ENSURE = """
CREATE FUNCTION ensure_partitions(parent regclass, months_back int, months_ahead int) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  tenant text := coalesce(current_setting('app.tenant_id', true), '');
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month timestamp;
  name text;
  made text[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock('pg_class'::regclass::int, parent::oid::int);
  PERFORM set_config('app.tenant_id', '00000000-0000-0000-0000-000000000000', true);
  FOR month IN SELECT generate_series(this_month - make_interval(months => months_back),
                                      this_month + make_interval(months => months_ahead), '1 month') LOOP
    name := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
    IF to_regclass(name) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED '
                     'INCLUDING STORAGE)', name, parent);
      EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                     uuid7_floor(month AT TIME ZONE 'UTC'),
                     uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC'));
      made := made || name;
    END IF;
  END LOOP;
  PERFORM set_config('app.tenant_id', tenant, true);
  RETURN made;
END $$
"""

DROP = """
CREATE FUNCTION drop_partitions(parent regclass, keep_months int) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  oldest text := to_char((now() AT TIME ZONE 'UTC') - make_interval(months => keep_months), 'YYYY_MM');
  name text;
  dropped text[] := '{}';
BEGIN
  IF keep_months < 1 THEN
    RAISE EXCEPTION 'keep_months must be at least 1, not %', keep_months;
  END IF;
  FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = parent AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' AND right(c.relname, 7) < oldest
               ORDER BY 1 LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped || name;
  END LOOP;
  RETURN dropped;
END $$
"""

EXTEND = """
CREATE FUNCTION extend_partitions(months_back int, months_ahead int) RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(name), '{}')
    FROM pg_partitioned_table t, unnest(ensure_partitions(t.partrelid, months_back, months_ahead)) AS name
   WHERE t.partstrat = 'r' AND NOT (SELECT c.relispartition FROM pg_class c WHERE c.oid = t.partrelid)
$$
"""


async def forwards() -> None:
    await sql(FLOOR, ENSURE, DROP, EXTEND)
    for function in ("ensure_partitions(regclass, int, int)", "drop_partitions(regclass, int)",
                     "extend_partitions(int, int)"):  # fmt: skip
        await sql(
            f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {function} TO {SYSTEM_ROLE}",
        )
