"""Models, migrations, named queries, outbox: the only ORM, the only SQL, the only commit."""
