"""A custom field can be retired: its values stay, though nobody sees or is found by them until it is back (DIR-9)."""

from core.api.ddl import sql

ID = "0003_retired_fields"


async def forwards() -> None:
    await sql(
        "ALTER TABLE custom_field ADD retired boolean NOT NULL DEFAULT false",
        """
        CREATE OR REPLACE FUNCTION person_found_by() RETURNS trigger LANGUAGE plpgsql AS $$
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
              JOIN custom_field ON custom_field.tenant_id = NEW.tenant_id AND custom_field.id::text = field
                AND NOT custom_field.retired)));
          RETURN NEW;
        END $$
        """,
    )
