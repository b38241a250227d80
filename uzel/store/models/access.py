"""Signing in, tokens, retries, uploads and the record of who did what."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from uzel.store.models.people import Handle, Person


class Account(models.Model):
    """A person who may sign in by password. ``login`` is lower-case; an empty password: by mailed link only."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="account")
    login = models.TextField(unique=True)
    password = models.TextField(db_default="", default="")
    is_active = models.BooleanField(db_default=True, default=True)

    class Meta:
        db_table = "account"


class Session(models.Model):
    """A signed-in browser. The cookie holds a random secret; only its SHA-256 is stored.

    ``handle``: the address whose mailed link opened it; NULL when it was a password, or the address is forgotten.
    """

    token_hash = models.BinaryField(unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="sessions", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    user_agent = models.TextField(db_default="", default="")
    ip = models.TextField(db_default="", default="")
    handle = models.ForeignKey(Handle, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "session"
        indexes = [models.Index(fields=["person"], name="session_person")]


class ApiToken(models.Model):
    """A program's key: acts as ``person`` within ``scopes`` (read, write, admin, intake)."""

    token_hash = models.BinaryField(unique=True)
    name = models.TextField()
    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens", db_index=False)
    scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"


class OneTimeLink(models.Model):
    """A mailed link or code; works once, within its time. purpose: sign_in, confirm, prove."""

    token_hash = models.BinaryField(unique=True)
    purpose = models.CharField(max_length=16)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    handle = models.ForeignKey(Handle, models.CASCADE, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "one_time_link"


class Throttle(models.Model):
    """Counts tries per key in a window; shared by all processes."""

    key = models.TextField(primary_key=True)
    count = models.IntegerField()
    resets_at = models.DateTimeField()

    class Meta:
        db_table = "throttle"


class IdempotencyRecord(models.Model):
    """The stored answer of a POST; written in the transaction of its effect. Status 0: it held a secret, not kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    key = models.TextField()
    request_hash = models.BinaryField()
    status = models.SmallIntegerField()
    body = models.BinaryField()
    headers = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotency_record"
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class Upload(models.Model):
    """A file on its way in, resumable (tus). ``received`` bytes stand so far; a whole one has its ``blob``."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    content_type = models.TextField(db_default="application/octet-stream", default="application/octet-stream")
    size = models.BigIntegerField()
    received = models.BigIntegerField(db_default=0, default=0)
    blob = models.ForeignKey("store.Blob", models.PROTECT, null=True, db_column="blob_hash", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "upload"
        indexes = [models.Index(fields=["blob"], condition=Q(blob__isnull=False), name="upload_blob")]


class AuditRecord(models.Model):
    """Append-only (a trigger refuses changes): who did what to what, and what it was before."""

    at = models.DateTimeField(db_default=Now())
    person = models.ForeignKey(
        Person, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    action = models.CharField(max_length=48)
    object_kind = models.CharField(max_length=24)
    object_id = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    ip = models.TextField(db_default="", default="")

    class Meta:
        db_table = "audit_record"
        indexes = [models.Index(fields=["object_kind", "object_id", "-id"], name="audit_object")]
