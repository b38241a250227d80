"""Signing in by a link in a mail: it proves the address, works once, and for half an hour.

Nobody sees an entry because of an unproven handle. Who opens the link has proved the handle; whether the person behind
it is theirs to be depends on what else that person stands on:

- the handle was proven before: it is that person;
- it is all there is of the person (no other handle, no login, no agent): the handle becomes proven;
- otherwise somebody wrote it down for a person who stands on other grounds: a new person gets the handle, and an agent
  is asked whether the two are one.
"""

import datetime as dt
import hashlib
import secrets
import time

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone

from uzel.channelkit.registry import installed_channels
from uzel.domain.permissions import Actor
from uzel.domain.reasons import Reason
from uzel.kernel.config import load_config
from uzel.kernel.errors import Unauthenticated
from uzel.kernel.handles import EMAIL, normal_email
from uzel.store import audit
from uzel.store.access import new_secret, secret_hash
from uzel.store.models import Account, Agent, Channel, Handle, OneTimeLink, Person, PersonSuggestion
from uzel.store.models.people import Proof
from uzel.store.outbox import queue_own_mail
from uzel.store.sessions import open_session
from uzel.store.throttle import count_try

LASTS = dt.timedelta(minutes=30)
WINDOW = dt.timedelta(hours=1)
LINKS_PER_ADDRESS = 5
LINKS_PER_PLACE = 60  # an office behind one address
OPENINGS_PER_PLACE = 120
ANSWER_AFTER = 0.25  # seconds; longer than the work takes, so that its length tells nothing
SIGN_IN = "sign_in"
SAME_ADDRESS = 50  # points, as in domain.identity

SUBJECT = {"ru": "Вход в Узел", "en": "Sign in to Uzel"}
TEXT = {
    "ru": "Чтобы войти, откройте ссылку:\n\n{link}\n\nОна действует 30 минут и открывается один раз. "
    "Если вы не просили о входе, ничего не делайте.",
    "en": "Open this link to sign in:\n\n{link}\n\nIt works once, within 30 minutes. "
    "If you did not ask to sign in, do nothing.",
}
DEAD = Unauthenticated(
    "This link was used already or is too old. Ask for a new one.",
    "Ссылка уже использована или устарела. Запросите новую.",
)
log = structlog.get_logger(__name__)


def mail_link(*, email: str, ip: str) -> None:
    """Mail a sign-in link if somebody holds this address. Takes the same time either way. Raises TooMany."""
    began = time.monotonic()
    value = normal_email(email)
    address_key = f"link:{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()}"
    count_try({address_key: LINKS_PER_ADDRESS, f"link-from:{ip}": LINKS_PER_PLACE}, WINDOW)
    handle = _find_handle(value)
    if handle is not None:
        _send(handle)
    jitter = secrets.randbelow(50) / 1000
    time.sleep(max(0.0, ANSWER_AFTER + jitter - (time.monotonic() - began)))


def redeem(*, token: str, ip: str, user_agent: str) -> tuple[int, str]:
    """The person's id and the new session's secret. Raises Unauthenticated, TooMany."""
    count_try({f"link-open-from:{ip}": OPENINGS_PER_PLACE}, WINDOW)
    with transaction.atomic():
        link = OneTimeLink.objects.select_for_update().filter(token_hash=secret_hash(token), purpose=SIGN_IN).first()
        if link is None or link.handle_id is None or link.used_at is not None or link.expires_at <= timezone.now():
            raise DEAD
        OneTimeLink.objects.filter(id=link.id).update(used_at=timezone.now())
        handle = Handle.objects.select_for_update().get(id=link.handle_id)
        if handle.valid_until is not None or handle.is_shared:
            raise DEAD
        proven = _prove(handle)
        person_id = proven.person_id
        audit.record(Actor(person_id=person_id), "session.opened", "person", person_id, None, {"handle": proven.id})
        return person_id, open_session(person_id, ip=ip, user_agent=user_agent, handle_id=proven.id)


def forget_old_links() -> int:
    """Housekeeping: links dead for a day. Gives how many."""
    return OneTimeLink.objects.filter(expires_at__lt=timezone.now() - dt.timedelta(days=1)).delete()[0]


def _find_handle(value: str) -> Handle | None:
    """Whoever reads a shared mailbox is not its person: no link goes there."""
    standing = Handle.objects.filter(kind=EMAIL, value=value, valid_until=None, is_shared=False)
    return standing.filter(person__merged_into=None).select_related("person").first()


def _send(handle: Handle) -> None:
    channel_id = _mail_channel()
    if channel_id is None:
        log.warning("no mail channel is switched on: a sign-in link could not be sent")
        return
    secret = new_secret()
    link = f"{load_config().address}/portal/link?token={secret}"
    language = handle.person.language if handle.person.language in TEXT else "en"
    with transaction.atomic():
        OneTimeLink.objects.create(
            token_hash=secret_hash(secret),
            purpose=SIGN_IN,
            person_id=handle.person_id,
            handle=handle,
            expires_at=timezone.now() + LASTS,
        )
        text = TEXT[language].format(link=link)
        queue_own_mail(channel_id, handle.shown or handle.value, subject=SUBJECT[language], text=text)


def _mail_channel() -> int | None:
    """The oldest channel that reaches e-mail addresses."""
    kinds = [kind for kind, module in installed_channels().items() if module.CAPABILITIES.handle_kind == EMAIL]
    return Channel.objects.filter(is_active=True, kind__in=kinds).order_by("id").values_list("id", flat=True).first()


def _prove(handle: Handle) -> Handle:
    """The address, proven, with the person whom it belongs to from now on."""
    if handle.proof == Proof.PROVEN:
        return handle
    if _is_all_there_is(handle):
        Handle.objects.filter(id=handle.id).update(proof=Proof.PROVEN, evidence="sign-in link")
        audit.record(Actor(person_id=handle.person_id), "handle.proven", "handle", handle.id)
        return handle
    return _new_holder(handle)


def _is_all_there_is(handle: Handle) -> bool:
    person_id = handle.person_id
    others = Handle.objects.filter(person_id=person_id, valid_until=None).exclude(id=handle.id)
    return not (
        others.exists()
        or Account.objects.filter(person_id=person_id).exists()
        or Agent.objects.filter(person_id=person_id).exists()
    )


def _new_holder(handle: Handle) -> Handle:
    shown = handle.shown or handle.value
    person = Person.objects.create(name=shown, language=handle.person.language)
    Handle.objects.filter(id=handle.id).update(valid_until=timezone.now())
    proven = Handle.objects.create(
        person=person, kind=handle.kind, value=handle.value, shown=shown, proof=Proof.PROVEN, evidence="sign-in link"
    )
    reason = Reason("exact_handle", SAME_ADDRESS, handle.value)
    PersonSuggestion.objects.create(
        person=person, target_id=handle.person_id, score=SAME_ADDRESS, reasons=[msgspec.to_builtins(reason)]
    )
    audit.record(Actor(person_id=person.id), "handle.proven", "handle", proven.id, {"person_id": handle.person_id})
    return proven
