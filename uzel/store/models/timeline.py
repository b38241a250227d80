"""What stands in a ticket's one timeline, why it stands there, and what went out."""

from django.db import models
from django.db.models import F, OrderBy, Q
from django.db.models.functions import Lower, Now

from uzel.store.models.agents import Agent
from uzel.store.models.channels import Channel, Delivery
from uzel.store.models.people import Person
from uzel.store.models.tickets import Ticket


class Thread(models.Model):
    """One continuous conversation in one channel's own terms; hangs on a ticket."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="threads", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "thread"
        indexes = [models.Index(fields=["ticket"], name="thread_ticket")]


class Entry(models.Model):
    """One item of a timeline.

    kind: message, note, call, event. direction: in, out, internal. ``text`` is what was written now,
    ``quoted`` what hung below it. ``meta`` holds what only this kind has (mail addresses, event code and data).
    ``at`` is when it happened for the person, ``created_at`` when Uzel took it in.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="entries", db_index=False)
    thread = models.ForeignKey(Thread, models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=8)
    direction = models.CharField(max_length=8)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="+", db_index=False)
    channel_kind = models.CharField(max_length=32, db_default="", default="")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, related_name="+", db_index=False)
    subject = models.TextField(db_default="", default="")
    text = models.TextField(db_default="", default="")
    quoted = models.TextField(db_default="", default="")
    html = models.TextField(db_default="", default="")
    meta = models.JSONField(default=dict, db_default={})
    external_id = models.TextField(db_default="", default="")
    client_key = models.UUIDField(null=True)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "entry"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "client_key"], condition=Q(client_key__isnull=False), name="entry_client_once"
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "-at", "-id"], name="entry_ticket"),
            models.Index(fields=["delivery"], condition=Q(delivery__isnull=False), name="entry_delivery"),
        ]


class Join(models.Model):
    """Why an entry stands in this ticket. One standing join per entry; undone ones stay as history.

    verdict: token, thread, score, new, agent, event. ``alternatives``: tickets it might belong to as well
    [{ticket, score, reasons}], offered to the agent.
    """

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="joins", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    verdict = models.CharField(max_length=8)
    score = models.SmallIntegerField(db_default=0, default=0)
    reasons = models.JSONField(default=list, db_default=[])
    alternatives = models.JSONField(default=list, db_default=[])
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "join"
        constraints = [models.UniqueConstraint(fields=["entry"], condition=Q(undone_at=None), name="join_one_standing")]
        indexes = [models.Index(fields=["entry"], condition=Q(undone_at__isnull=False), name="join_undone")]


class ThreadKey(models.Model):
    """What a later message may quote: our and their message ids, a chat's id. Leads to the entry it belongs to."""

    key = models.TextField(primary_key=True)
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "thread_key"


class Blob(models.Model):
    """A file in the blob store, named by the SHA-256 of its content (hex)."""

    hash = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "blob"


class Attachment(models.Model):
    """A file of an entry. Without a blob, ``problem`` says for people why it was not taken in."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="attachments", db_index=False)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, db_column="blob_hash", db_index=False)
    name = models.TextField()
    content_type = models.TextField(db_default="application/octet-stream", default="application/octet-stream")
    size = models.BigIntegerField()
    content_id = models.TextField(db_default="", default="")
    is_inline = models.BooleanField(db_default=False, default=False)
    problem = models.TextField(db_default="", default="")

    class Meta:
        db_table = "attachment"
        indexes = [
            models.Index(fields=["entry"], name="attachment_entry"),
            models.Index(fields=["blob"], condition=Q(blob__isnull=False), name="attachment_blob"),
        ]


class Dispatch(models.Model):
    """One outgoing attempt chain of an entry through one channel; also the queue of the outbox.

    state: queued → sending → sent → delivered → read | failed | cancelled | unsure (channelkit.DispatchState).
    Uzel's own mails (sign-in links) have no entry; ``payload`` holds their {subject, text}.
    """

    entry = models.ForeignKey(Entry, models.CASCADE, null=True, related_name="dispatches", db_index=False)
    payload = models.JSONField(null=True)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    to_value = models.TextField()
    to_name = models.TextField(db_default="", default="")
    state = models.CharField(max_length=12, db_default="queued", default="queued")
    attempts = models.SmallIntegerField(db_default=0, default=0)
    next_at = models.DateTimeField(db_default=Now(), null=True)
    claimed_until = models.DateTimeField(null=True)
    provider_id = models.TextField(db_default="", default="")
    code = models.TextField(db_default="", default="")
    reason = models.TextField(db_default="", default="")
    is_automatic = models.BooleanField(db_default=False, default=False)
    created_at = models.DateTimeField(db_default=Now())
    state_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "dispatch"
        indexes = [
            models.Index(fields=["channel", "next_at", "id"], condition=Q(state="queued"), name="dispatch_queue"),
            models.Index(fields=["claimed_until"], condition=Q(state="sending"), name="dispatch_sending"),
            models.Index(fields=["entry"], name="dispatch_entry"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="dispatch_provider"),
            models.Index(Lower("to_value"), OrderBy(F("id"), descending=True), name="dispatch_recipient"),
        ]


class Promise(models.Model):
    """What was agreed, by whom, until when, from which entry. state: open, kept, broken, withdrawn."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="promises", db_index=False)
    entry = models.ForeignKey(Entry, models.SET_NULL, null=True, related_name="+", db_index=False)
    text = models.TextField()
    due_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=12, db_default="open", default="open")
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "promise"
        indexes = [models.Index(fields=["ticket"], name="promise_ticket")]
