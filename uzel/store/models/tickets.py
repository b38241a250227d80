"""The one chain: tickets, who takes part, and how they were merged and split."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from uzel.store.models.agents import Agent, Category, Service, Team
from uzel.store.models.people import Organization, Person


class Ticket(models.Model):
    """One problem, question or order of one requester. Its id is its number: ``U-10482``.

    ``is_open`` mirrors ``status`` (kept by a constraint) so that partial indexes stay plannable.
    ``first_contact_at`` is the age of the chain and never changes on merge, switch or reassignment.
    ``last_*`` describe the newest entry for the list. ``version`` counts edits for If-Match.
    """

    subject = models.TextField()
    kind = models.CharField(max_length=16, db_default="incident", default="incident")
    status = models.CharField(max_length=16, db_default="new", default="new")
    is_open = models.BooleanField(db_default=True, default=True)
    impact = models.SmallIntegerField(db_default=2, default=2)
    urgency = models.SmallIntegerField(db_default=2, default=2)
    priority = models.SmallIntegerField(db_default=3, default=3)
    language = models.CharField(max_length=8, db_default="ru", default="ru")
    requester = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    organization = models.ForeignKey(Organization, models.SET_NULL, null=True, related_name="+", db_index=False)
    owner = models.ForeignKey(Agent, models.PROTECT, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    service = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, related_name="+", db_index=False)
    first_channel = models.CharField(max_length=32, db_default="", default="")
    channels = ArrayField(models.TextField(), default=list, db_default=[])
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    first_contact_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    last_entry_id = models.BigIntegerField(null=True)
    last_entry_at = models.DateTimeField(db_default=Now())
    last_direction = models.CharField(max_length=8, db_default="in", default="in")
    last_channel = models.CharField(max_length=32, db_default="", default="")
    last_contact_at = models.DateTimeField(null=True)
    preview = models.TextField(db_default="", default="")
    digest = models.TextField(db_default="", default="")
    entry_count = models.IntegerField(db_default=0, default=0)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    version = models.IntegerField(db_default=1, default=1)

    class Meta:
        db_table = "ticket"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    is_open=True, status__in=["new", "open", "waiting_user", "waiting_others"], merged_into=None
                )
                | Q(is_open=False, status__in=["resolved", "closed"])
                | Q(is_open=False, merged_into__isnull=False),
                name="ticket_open_mirrors_status",
            )
        ]
        indexes = [
            models.Index(fields=["-last_entry_at", "-id"], name="ticket_recent"),
            models.Index(fields=["-last_entry_at", "-id"], condition=Q(is_open=True), name="ticket_open"),
            models.Index(fields=["owner", "-last_entry_at", "-id"], condition=Q(is_open=True), name="ticket_owner"),
            models.Index(fields=["team", "-last_entry_at", "-id"], condition=Q(is_open=True), name="ticket_team"),
            models.Index(
                fields=["-last_entry_at", "-id"], condition=Q(is_open=True, owner=None), name="ticket_unassigned"
            ),
            models.Index(
                fields=["-last_entry_at", "-id"],
                condition=Q(is_open=True, status__in=["waiting_user", "waiting_others"]),
                name="ticket_waiting",
            ),
            models.Index(fields=["due_at", "id"], condition=Q(is_open=True, due_at__isnull=False), name="ticket_due"),
            models.Index(fields=["requester", "-last_entry_at", "-id"], name="ticket_requester"),
            models.Index(fields=["organization", "-last_entry_at", "-id"], name="ticket_organization"),
            GinIndex(fields=["subject"], opclasses=["gin_trgm_ops"], name="ticket_subject_words"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="ticket_merged"),
        ]


class TicketPerson(models.Model):
    """Who takes part: ``participant`` (writes and sees), ``watcher`` (is told). The requester stands on the ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="people", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    role = models.CharField(max_length=16)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ticket_person"
        constraints = [models.UniqueConstraint(fields=["ticket", "person", "role"], name="ticket_person_once")]
        indexes = [models.Index(fields=["person", "-ticket"], name="ticket_person_person")]


class TicketMerge(models.Model):
    """Journal: which entries moved from ``loser`` to ``winner`` and what ``loser`` was before."""

    loser = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    winner = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    entry_ids = ArrayField(models.BigIntegerField())
    before = models.JSONField()
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "ticket_merge"
        indexes = [
            models.Index(fields=["loser"], name="ticket_merge_loser"),
            models.Index(fields=["winner"], name="ticket_merge_winner"),
        ]


class TicketSplit(models.Model):
    """Journal: which entries were taken out of ``source`` into the new ``target``, and who left ``source`` by it."""

    source = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    entry_ids = ArrayField(models.BigIntegerField())
    before = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "ticket_split"


class TicketLink(models.Model):
    """kind: ``follows`` (a new problem after a closed one), ``child``, ``related``."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="links", db_index=False)
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)

    class Meta:
        db_table = "ticket_link"
        constraints = [models.UniqueConstraint(fields=["ticket", "other", "kind"], name="ticket_link_once")]


class ReadMark(models.Model):
    """How far a person has read a ticket."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    entry_id = models.BigIntegerField()

    class Meta:
        db_table = "read_mark"
        constraints = [models.UniqueConstraint(fields=["person", "ticket"], name="read_mark_once")]
