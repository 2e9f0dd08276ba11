-- The roles and the database of an installation. The embedded PostgreSQL runs this at each start; for an external
-- one a superuser runs it once with psql and then gives the three roles their passwords (ALTER ROLE … PASSWORD).
SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['sentralbord_owner', 'sentralbord_app', 'sentralbord_system']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
-- Only the system role passes row-level security: sign-in look-up and jobs for all tenants.
ALTER ROLE sentralbord_owner NOSUPERUSER NOBYPASSRLS;
ALTER ROLE sentralbord_app NOSUPERUSER NOBYPASSRLS;
ALTER ROLE sentralbord_system NOSUPERUSER BYPASSRLS;
SELECT 'CREATE DATABASE sentralbord OWNER sentralbord_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sentralbord')
\gexec
