"""What Django can't say: extensions, the audit log's lock, counters kept by transactions, number start."""

from django.db import migrations

EXTENSIONS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;
"""

AUDIT_IS_APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# One row per changed cell and statement, whatever code path changed the tickets; nobody waits for a hot row.
TALLY = """
CREATE FUNCTION tally_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ticket_tally_delta (team_id, owner_id, status, n)
        SELECT team_id, owner_id, status, count(*) FROM fresh WHERE is_open GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO ticket_tally_delta (team_id, owner_id, status, n)
        SELECT team_id, owner_id, status, sum(n) FROM (
            SELECT team_id, owner_id, status, 1 AS n FROM fresh WHERE is_open
            UNION ALL
            SELECT team_id, owner_id, status, -1 FROM stale WHERE is_open
        ) change GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    ELSE
        INSERT INTO ticket_tally_delta (team_id, owner_id, status, n)
        SELECT team_id, owner_id, status, -count(*) FROM stale WHERE is_open GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ticket_tally_insert AFTER INSERT ON ticket
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tally_tickets();
CREATE TRIGGER ticket_tally_update AFTER UPDATE ON ticket
    REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tally_tickets();
CREATE TRIGGER ticket_tally_delete AFTER DELETE ON ticket
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION tally_tickets();
"""

# Raw mail is mostly base64 and already dense: compressing it costs more processor than it saves disk.
STORAGE = """
ALTER TABLE delivery ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE ticket ALTER COLUMN id RESTART WITH 10001;
ALTER TABLE ticket SET (fillfactor = 85);
ALTER TABLE delivery SET (fillfactor = 80);
ALTER TABLE throttle SET UNLOGGED;
"""


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [
        migrations.RunSQL(EXTENSIONS),
        migrations.RunSQL(AUDIT_IS_APPEND_ONLY, "DROP FUNCTION refuse_change CASCADE"),
        migrations.RunSQL(TALLY, "DROP FUNCTION tally_tickets CASCADE"),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
