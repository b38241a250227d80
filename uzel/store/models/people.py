"""Who is served, and at which addresses."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from uzel.domain.names import name_parts


class Organization(models.Model):
    """A company or department that people belong to. ``domains``: mail domains that are its own alone."""

    name = models.TextField()
    domains = ArrayField(models.TextField(), default=list, db_default=[])
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "organization"


class Person(models.Model):
    """Somebody who is served; an agent is a person too.

    A provisional person stands for an unproven address that is probably somebody known: shown as a
    suggestion, left out of lists, made ordinary or merged when an agent decides.
    """

    name = models.TextField()
    name_parts = ArrayField(models.TextField(), default=list, db_default=[])
    organization = models.ForeignKey(Organization, models.SET_NULL, null=True, db_index=False)
    language = models.CharField(max_length=8, db_default="ru", default="ru")
    time_zone = models.CharField(max_length=64, db_default="", default="")
    preferred_channel = models.CharField(max_length=32, db_default="", default="")
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    is_provisional = models.BooleanField(db_default=False, default=False)
    sees_organization = models.BooleanField(db_default=False, default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "person"
        indexes = [
            models.Index(fields=["organization"], name="person_organization"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="person_name_words"),
            GinIndex(
                fields=["name_parts"], condition=Q(merged_into=None, is_provisional=False), name="person_name_parts"
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """``name_parts`` is the name in the form that finds it in any order and alphabet."""
        self.name_parts = sorted(name_parts(self.name))
        if kwargs.get("update_fields") and "name" in kwargs["update_fields"]:
            kwargs["update_fields"] = {*kwargs["update_fields"], "name_parts"}
        super().save(*args, **kwargs)


class Proof(models.IntegerChoices):
    CLAIMED = 1
    PROBABLE = 2
    PROVEN = 3


class Handle(models.Model):
    """One address of a person. ``value`` is normalised (kernel.handles), ``shown`` as people write it.

    An address has one holder at a time; whoever proves it ends an earlier claim.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="handles", db_index=False)
    kind = models.CharField(max_length=32)
    value = models.TextField()
    shown = models.TextField(db_default="", default="")
    proof = models.SmallIntegerField(choices=Proof, db_default=1, default=1)
    evidence = models.TextField(db_default="", default="")
    is_shared = models.BooleanField(db_default=False, default=False)
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "handle"
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], condition=Q(valid_until=None), name="handle_one_holder")
        ]
        indexes = [
            models.Index(fields=["person"], name="handle_person"),
            GinIndex(
                fields=["value"], opclasses=["gin_trgm_ops"], condition=Q(valid_until=None), name="handle_value_parts"
            ),
        ]


class PersonSuggestion(models.Model):
    """«This is probably the same person»: decided by an agent, never by itself."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="suggestions", db_index=False)
    target = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    score = models.SmallIntegerField()
    reasons = models.JSONField()
    state = models.CharField(max_length=16, db_default="open", default="open")  # open | accepted | dismissed
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("store.Agent", models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "person_suggestion"
        constraints = [models.UniqueConstraint(fields=["person", "target"], name="suggestion_once")]
        indexes = [models.Index(fields=["target"], condition=Q(state="open"), name="suggestion_open")]


class PersonMerge(models.Model):
    """Journal of a merge of two persons; ``moved`` names every row that changed hands, so it can be undone."""

    loser = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    winner = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    moved = models.JSONField()
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey("store.Agent", models.SET_NULL, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("store.Agent", models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "person_merge"
