-- Every way for the app role ($1) to reach another tenant's rows; no rows: there is none.
-- $2: the one policy that a tenant table may have, as PostgreSQL prints it.
WITH ours AS (
  SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
         a.attnum AS tenant_id, a.attnotnull AS always_tenant,
         has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
           OR has_table_privilege($1, c.oid, 'DELETE, TRUNCATE, TRIGGER, MAINTAIN') AS usable
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
   WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
     AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
), tables AS (
  SELECT * FROM ours WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition
), policies AS (
  SELECT t.relname, p.polrelid, p.polname,
         pg_get_expr(p.polqual, p.polrelid) AS reads, pg_get_expr(p.polwithcheck, p.polrelid) AS writes
    FROM pg_policy p JOIN tables t ON t.oid = p.polrelid
   WHERE t.tenant_id IS NOT NULL AND p.polpermissive
     AND EXISTS (SELECT FROM unnest(p.polroles) AS role WHERE role = 0 OR pg_has_role($1, role, 'MEMBER'))
)
SELECT relname::text AS name, 'has tenant_id but no row-level security' AS problem
  FROM tables WHERE tenant_id IS NOT NULL AND NOT relrowsecurity
UNION ALL
SELECT relname, 'does not force row-level security on its owner'
  FROM tables WHERE tenant_id IS NOT NULL AND NOT relforcerowsecurity
UNION ALL
SELECT relname, 'lets tenant_id be null'
  FROM tables WHERE tenant_id IS NOT NULL AND NOT always_tenant
UNION ALL
SELECT relname, 'has tenant_id but no policy'
  FROM tables WHERE tenant_id IS NOT NULL AND oid NOT IN (SELECT polrelid FROM policies)
UNION ALL
SELECT relname, format('policy %s lets through more than its tenant: USING %s WITH CHECK %s', polname,
                       coalesce(reads, '-'), coalesce(writes, '-'))
  FROM policies WHERE coalesce(reads, writes, '') <> $2 OR coalesce(writes, reads) <> $2
UNION ALL
SELECT relname, 'has neither tenant_id nor row-level security, but the app role may use it'
  FROM tables WHERE tenant_id IS NULL AND NOT relrowsecurity AND usable
UNION ALL
SELECT relname, 'may be truncated by the app role, past its policy'
  FROM tables WHERE has_table_privilege($1, oid, 'TRUNCATE')
UNION ALL
SELECT relname, 'is a partition that the app role may use, past its parent''s policy'
  FROM ours WHERE relispartition AND usable
UNION ALL
SELECT relname, 'is a materialized view that the app role may read'
  FROM ours WHERE relkind = 'm' AND usable
UNION ALL
SELECT relname, 'is a view without security_invoker: it reads with its owner''s rights'
  FROM ours WHERE relkind = 'v' AND usable AND NOT EXISTS (
    SELECT FROM pg_options_to_table(reloptions)
     WHERE option_name = 'security_invoker' AND option_value IN ('true', 'on', 'yes', '1'))
UNION ALL
SELECT t.relname, format('foreign key %s to %s does not pair tenant_id with tenant_id: it can point into another '
                         'tenant', k.conname, target.relname)
  FROM pg_constraint k
  JOIN tables t ON t.oid = k.conrelid
  JOIN tables target ON target.oid = k.confrelid
 WHERE k.contype = 'f' AND t.tenant_id IS NOT NULL AND target.tenant_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (own, other)
                    WHERE own = t.tenant_id AND other = target.tenant_id)
UNION ALL
SELECT f.proname, 'is a SECURITY DEFINER function that the app role may call'
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
 WHERE f.prosecdef AND n.nspname NOT LIKE 'pg\_%' AND has_function_privilege($1, f.oid, 'EXECUTE')
UNION ALL
SELECT rolname, 'must not be a superuser, pass row-level security or belong to another role'
  FROM pg_roles r
 WHERE rolname = $1 AND (rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid))
ORDER BY 1, 2
