"""Who serves, in which teams, and the catalogue of what is served."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from uzel.store.models.people import Person


class Agent(models.Model):
    """Role: agent, lead or administrator. Availability: online, away or offline."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="agent")
    role = models.CharField(max_length=16, db_default="agent", default="agent")
    is_active = models.BooleanField(db_default=True, default=True)
    availability = models.CharField(max_length=16, db_default="online", default="online")
    signature = models.TextField(db_default="", default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "agent"


class Team(models.Model):
    """A restricted team's tickets are seen by its members, the owner and administrators only."""

    name_ru = models.TextField()
    name_en = models.TextField()
    is_restricted = models.BooleanField(db_default=False, default=False)
    is_default = models.BooleanField(db_default=False, default=False)
    is_active = models.BooleanField(db_default=True, default=True)

    class Meta:
        db_table = "team"


class TeamMember(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="members", db_index=False)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="memberships", db_index=False)

    class Meta:
        db_table = "team_member"
        constraints = [models.UniqueConstraint(fields=["agent", "team"], name="team_member_once")]


class Service(models.Model):
    """What people ask about; ``keywords`` are word stems in both languages for classification."""

    name_ru = models.TextField()
    name_en = models.TextField()
    team = models.ForeignKey(Team, models.SET_NULL, null=True, db_index=False)
    keywords = ArrayField(models.TextField(), default=list, db_default=[])
    is_active = models.BooleanField(db_default=True, default=True)
    position = models.SmallIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "service"


class Category(models.Model):
    """``kind``: incident, request or question; the ticket takes it over."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="categories", db_index=False)
    name_ru = models.TextField()
    name_en = models.TextField()
    keywords = ArrayField(models.TextField(), default=list, db_default=[])
    kind = models.CharField(max_length=16, db_default="incident", default="incident")
    is_active = models.BooleanField(db_default=True, default=True)

    class Meta:
        db_table = "category"
