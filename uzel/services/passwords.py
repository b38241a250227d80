"""Choosing one's own password.

Whoever has one proves it by the one that stands, however they signed in: a mailed link alone replaces nothing, so an
open mailbox does not take a password away from its owner. Whoever has none (they sign in by mailed links) may choose
the first one in the very session that such a link opened, for an hour after it: that session has just proved the
address, which becomes the login of those without an account. A browser left open for days gives nobody a lasting key.
"""

import datetime as dt

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from uzel.domain.passwords import check_password_choice
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, Forbidden, Invalid
from uzel.services.signing_in import TRIES_PER_ADDRESS, TRIES_PER_LOGIN, WINDOW, key_of_login
from uzel.store import audit
from uzel.store.models import Account, Session
from uzel.store.sessions import end_sessions
from uzel.store.throttle import clear_tries, count_try

FIRST_WITHIN = dt.timedelta(hours=1)

WRONG = Forbidden(
    "The current password is wrong. Check it; without it, sign out and sign in by a mailed link, "
    "or ask an administrator.",
    "Текущий пароль неверен. Проверьте его; если забыли, входите по ссылке из письма или обратитесь к администратору.",
)
NO_PROOF = Forbidden(
    "You have no password yet. Sign out, sign in by a mailed link, and choose one within an hour.",
    "У вас ещё нет пароля. Выйдите, войдите по ссылке из письма и в течение часа придумайте пароль.",
)
ONLY_BROWSERS = Forbidden(
    "A token can't change a password. Sign in with a browser.", "Токен не меняет пароль. Войдите через браузер."
)
TAKEN = Conflict(
    "Somebody signs in with this address already. Ask an administrator.",
    "С этим адресом уже входит кто-то другой. Обратитесь к администратору.",
)
MEANWHILE = Conflict(
    "The password was changed meanwhile. Repeat with the new one.", "Пароль тем временем сменили. Повторите с новым."
)


def change_password(*, current: str, new: str, by: Actor, session_id: int | None, ip: str) -> None:
    """Sign in with ``new`` from now on; every other session of the person ends, programs' tokens stay.

    Counted as tries to sign in, before anything is compared. Safe to repeat: a call whose effect stands changes
    nothing more. Raises Invalid, Forbidden, TooMany, Conflict.
    """
    if session_id is None:
        raise ONLY_BROWSERS
    account = Account.objects.filter(person_id=by.person_id).first()
    login = account.login if account else _login_from_link(session_id)
    check_password_choice(new, login=login, field="new")
    key = key_of_login(login)
    count_try({key: TRIES_PER_LOGIN, f"login-from:{ip}": TRIES_PER_ADDRESS}, WINDOW)
    standing = account.password if account else ""
    if standing:
        if not check_password(current, standing):
            if check_password(new, standing):
                return  # the answer to the first call was lost on its way, and the page asks again
            raise WRONG
        _check_other(current, new)
    else:
        _login_from_link(session_id)
    _keep(account, login, make_password(new), by=by, session_id=session_id)
    clear_tries(key)


def _login_from_link(session_id: int) -> str:
    """The address whose mailed link opened this session within the hour. Raises Forbidden."""
    fresh = Session.objects.filter(id=session_id, created_at__gt=timezone.now() - FIRST_WITHIN)
    session = fresh.filter(handle__valid_until=None, handle__is_shared=False).select_related("handle").first()
    if session is None or session.handle is None or session.handle.person_id != session.person_id:
        raise NO_PROOF
    return (session.handle.shown or session.handle.value).strip().lower()


def _check_other(current: str, new: str) -> None:
    if new == current:
        raise Invalid(
            "This is the password that you have. Choose another one.",
            "Это и есть ваш пароль. Придумайте другой.",
            fields={"new": "the same"},
        )


@transaction.atomic
def _keep(account: Account | None, login: str, hashed: str, *, by: Actor, session_id: int) -> None:
    if account is None:
        if not _add(login, hashed, by):
            raise TAKEN
    elif not Account.objects.filter(id=account.id, password=account.password).update(password=hashed):
        raise MEANWHILE
    ended = end_sessions(by.person_id, but=session_id)
    first = account is None or not account.password
    action = "password.set" if first else "password.changed"
    audit.record(by, action, "person", by.person_id, None, {"login": login, "sessions_ended": ended})


def _add(login: str, hashed: str, by: Actor) -> bool:
    """False when the login is somebody's, or the person got an account meanwhile."""
    row = Account(person_id=by.person_id, login=login, password=hashed)
    Account.objects.bulk_create([row], ignore_conflicts=True)
    return Account.objects.filter(person_id=by.person_id, password=hashed).exists()
