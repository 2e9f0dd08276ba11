"""What the directory keeps of each person, fields that a tenant adds, pictures, availability; and finding people."""

from core.api.ddl import for_each_tenant, sql, tenant_fk, tenant_table

ID = "0002_entries"

STATUSES = "'available', 'busy', 'meeting', 'lunch', 'away', 'holiday', 'sick', 'off_work'"


async def forwards() -> None:
    await sql(
        # As people type it: small letters without marks, so that "asa" finds Åsa. C.UTF-8 knows no marks by itself.
        """
        CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
          replace(replace(translate(regexp_replace(normalize(lower(value), NFKD), U&'[\\0300-\\036f]', '', 'g'),
            'øđłð', 'odld'), 'æ', 'ae'), 'ß', 'ss')
        """,
        # Names in alphabetical order: after z come æ, ø and å, whose sisters are ä and ö; other marks do not count.
        """
        CREATE FUNCTION alphabetical(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
          folded(translate(normalize(lower(name), NFC), 'æäøöå', '{{||}'))
        """,
        """
        ALTER TABLE person
          ADD version integer NOT NULL DEFAULT 1,
          ADD email text NOT NULL DEFAULT '',
          ADD hidden boolean NOT NULL DEFAULT false,
          ADD tags text[] NOT NULL DEFAULT '{}',
          ADD custom jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(custom) = 'object'),
          ADD picture text NOT NULL DEFAULT '',
          ADD allowed_numbers text[] NOT NULL DEFAULT '{}',
          ADD transfer_method text NOT NULL DEFAULT 'assisted'
            CHECK (transfer_method IN ('with_return', 'without_return', 'assisted')),
          ADD shares_outgoing boolean NOT NULL DEFAULT false,
          ADD search text COLLATE "C" NOT NULL DEFAULT '',
          ADD sort text COLLATE "C" NOT NULL DEFAULT ''
        """,
        "CREATE INDEX person_sort ON person (tenant_id, sort, id)",
        "CREATE UNIQUE INDEX person_email ON person (tenant_id, lower(email)) WHERE email <> ''",
        "CREATE UNIQUE INDEX user_account_person ON user_account (tenant_id, person_id)",
    )
    await tenant_table(
        "person_picture",
        """
        person_id uuid NOT NULL,
        content bytea NOT NULL CHECK (length(content) <= 262144),
        UNIQUE (tenant_id, person_id)
        """,
    )
    await tenant_fk("person_picture", "person_id", "person")
    await tenant_table(
        "custom_field",
        """
        title text NOT NULL CHECK (title <> ''),
        kind text NOT NULL CHECK (kind IN ('text', 'number', 'choice', 'date')),
        options jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(options) = 'array'),
        position integer NOT NULL DEFAULT 0,
        version integer NOT NULL DEFAULT 1
        """,
    )
    await sql("CREATE UNIQUE INDEX custom_field_title ON custom_field (tenant_id, lower(title))")
    await tenant_table(
        "presence",
        f"""
        person_id uuid NOT NULL,
        status text NOT NULL DEFAULT 'available' CHECK (status IN ({STATUSES})),
        message text NOT NULL DEFAULT '',
        since timestamptz NOT NULL DEFAULT now(),
        until timestamptz,
        UNIQUE (tenant_id, person_id)
        """,
    )
    await tenant_fk("presence", "person_id", "person")
    await sql("CREATE INDEX presence_until ON presence (tenant_id, until) WHERE until IS NOT NULL")
    await tenant_table(
        "status_name",
        f"""
        status text NOT NULL CHECK (status IN ({STATUSES})),
        language text NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        UNIQUE (tenant_id, status, language)
        """,
    )
    await _searchable()
    await for_each_tenant("UPDATE person SET search = ''")


async def _searchable() -> None:
    """Whoever writes a person or her devices: what she is found by, and sorted by, follows."""
    await sql(
        """
        CREATE FUNCTION person_found_by() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.sort := alphabetical(trim(NEW.last_name || ' ' || NEW.first_name));
          NEW.search := folded(concat_ws(' ', NEW.first_name, NEW.last_name, NEW.position, NEW.department, NEW.email,
            NEW.extension, array_to_string(NEW.tags, ' '),
            (SELECT string_agg(trim(LEADING '+' FROM address), ' ') FROM device
              WHERE device.tenant_id = NEW.tenant_id AND person_id = NEW.id),
            (SELECT string_agg(coalesce(
                (SELECT one ->> 'title' FROM jsonb_array_elements(options) AS o (one) WHERE one ->> 'key' = given),
                given), ' ')
              FROM jsonb_each_text(NEW.custom) AS c (field, given)
              JOIN custom_field ON custom_field.tenant_id = NEW.tenant_id AND custom_field.id::text = field)));
          RETURN NEW;
        END $$
        """,
        "CREATE TRIGGER person_found_by BEFORE INSERT OR UPDATE ON person "
        "FOR EACH ROW EXECUTE FUNCTION person_found_by()",
        """
        CREATE FUNCTION device_found_by() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE changed device := coalesce(NEW, OLD);
        BEGIN
          UPDATE person SET search = '' WHERE tenant_id = changed.tenant_id AND id = changed.person_id;
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER device_found_by AFTER INSERT OR UPDATE OF address OR DELETE ON device "
        "FOR EACH ROW EXECUTE FUNCTION device_found_by()",
    )
