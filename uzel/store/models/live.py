"""What open pages are told, and counters kept by transactions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class LiveEvent(models.Model):
    """«Something changed», with ids only and the scope of who may know. Kept for a day for resumption.

    ``person_ids``: people outside the desk who may know; empty for notes and internal events.
    """

    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=24)
    ticket_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    is_restricted = models.BooleanField(db_default=False, default=False)
    owner_id = models.BigIntegerField(null=True)
    person_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    data = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "live_event"
        indexes = [models.Index(fields=["at"], name="live_event_at")]


class TicketTally(models.Model):
    """How many open tickets stand in each cell. A trigger on ticket appends deltas; housekeeping folds them."""

    team_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=16)
    n = models.BigIntegerField()

    class Meta:
        db_table = "ticket_tally"
        constraints = [
            models.UniqueConstraint(
                fields=["team_id", "owner_id", "status"], nulls_distinct=False, name="ticket_tally_cell"
            )
        ]


class TicketTallyDelta(models.Model):
    team_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=16)
    n = models.BigIntegerField()

    class Meta:
        db_table = "ticket_tally_delta"
