"""Sounds with categories, owners and versions. Nothing could make a sound before, so the table is empty."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0002_sound_versions"


async def forwards() -> None:
    await tenant_table(
        "sound_category",
        "name text NOT NULL CHECK (name <> ''), version integer NOT NULL DEFAULT 1",
    )
    await sql(
        """
        ALTER TABLE sound
          DROP kind, DROP text, DROP voice, DROP content, DROP content_hash,
          ADD category_id uuid,
          ADD person_id uuid,
          ADD newest integer NOT NULL DEFAULT 1,
          ADD edition integer NOT NULL DEFAULT 1,
          ADD created_at timestamptz NOT NULL DEFAULT now(),
          ADD removed_at timestamptz,
          ADD instead text NOT NULL DEFAULT ''
        """
    )
    await tenant_fk("sound", "category_id", "sound_category", on_delete="SET NULL")
    await tenant_fk("sound", "person_id", "person")
    await tenant_table(
        "sound_version",
        """
        sound_id uuid NOT NULL,
        number integer NOT NULL,
        source text NOT NULL CHECK (source IN ('text', 'file', 'phone')),
        language text NOT NULL DEFAULT '',
        text text NOT NULL DEFAULT '',
        voice text NOT NULL DEFAULT '',
        comment text NOT NULL DEFAULT '',
        author text NOT NULL DEFAULT '',
        seconds double precision NOT NULL,
        content bytea NOT NULL,
        content_hash text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((source = 'text') = (text <> '')),
        UNIQUE (tenant_id, sound_id, number)
        """,
    )
    await tenant_fk("sound_version", "sound_id", "sound")
    await sql(
        "ALTER TABLE sound_version ALTER content SET STORAGE EXTERNAL",  # FLAC does not get smaller
        # A company's names are its own, and each person's are hers.
        "CREATE UNIQUE INDEX sound_name ON sound (tenant_id, coalesce(person_id, tenant_id), lower(name)) "
        "WHERE removed_at IS NULL",
        "CREATE UNIQUE INDEX sound_category_name ON sound_category (tenant_id, lower(name))",
        'CREATE INDEX sound_sort ON sound (tenant_id, (alphabetical(name) COLLATE "C"), id) WHERE removed_at IS NULL',
    )
