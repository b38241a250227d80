"""Configured channels, what they brought, who holds their connections."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from uzel.store.models.agents import Service, Team


class Channel(models.Model):
    """One configured account of a channel kind. Secrets inside ``settings`` are encrypted (store.secrets).

    ``join_at`` and ``ask_at`` are the joining thresholds of product.md's default rule 1.
    """

    kind = models.CharField(max_length=32)
    name = models.TextField()
    settings = models.JSONField(default=dict, db_default={})
    is_active = models.BooleanField(db_default=True, default=True)
    auto_reply = models.BooleanField(db_default=True, default=True)
    join_at = models.SmallIntegerField(db_default=60, default=60)
    ask_at = models.SmallIntegerField(db_default=35, default=35)
    default_team = models.ForeignKey(Team, models.SET_NULL, null=True, db_index=False)
    default_service = models.ForeignKey(Service, models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_failure = models.TextField(db_default="", default="")

    class Meta:
        db_table = "channel"


class ChannelState(models.Model):
    """A listener's durable cursor: UIDVALIDITY and last UID, a long-poll marker."""

    channel = models.ForeignKey(Channel, models.CASCADE, db_index=False)
    name = models.TextField()
    state = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "channel_state"
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="channel_state_once")]


class Lease(models.Model):
    """Who holds a connection, until when. Taken over by another node when it runs out."""

    name = models.TextField(primary_key=True)
    holder = models.TextField()
    until = models.DateTimeField()

    class Meta:
        db_table = "lease"


class Delivery(models.Model):
    """The raw thing a channel brought, stored before anything reads it. Also the queue of intake.

    Small bodies stand in ``body``, large ones in the blob store under ``blob_hash``.
    state: new → done | quarantined; a quarantined one is edited and set back to new.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False)
    external_id = models.TextField()
    received_at = models.DateTimeField(db_default=Now())
    headers = models.JSONField(default=dict, db_default={})
    body = models.BinaryField(null=True)
    blob = models.ForeignKey("store.Blob", models.PROTECT, null=True, db_column="blob_hash", db_index=False)
    size = models.BigIntegerField(db_default=0, default=0)
    state = models.CharField(max_length=12, db_default="new", default="new")
    attempts = models.SmallIntegerField(db_default=0, default=0)
    not_before = models.DateTimeField(db_default=Now())
    error = models.TextField(db_default="", default="")
    outcome = models.TextField(db_default="", default="")
    entry_id = models.BigIntegerField(null=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery"
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="delivery_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="new"), name="delivery_waiting"),
            models.Index(fields=["id"], condition=Q(state="quarantined"), name="delivery_quarantined"),
            models.Index(fields=["blob"], condition=Q(blob__isnull=False), name="delivery_blob"),
        ]
