"""Signing in by password. What an outsider can learn from the answer or its time does not depend on who exists."""

import datetime as dt
import hashlib
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Unauthenticated
from uzel.store import audit
from uzel.store.models import Account
from uzel.store.sessions import open_session
from uzel.store.throttle import clear_tries, count_try

WINDOW = dt.timedelta(minutes=15)
TRIES_PER_LOGIN = 10
TRIES_PER_ADDRESS = 100  # an office behind one address signs in at nine o'clock

REFUSED = Unauthenticated(
    "The login or the password is wrong. Check both, or ask for a sign-in link by e-mail.",
    "Неверный логин или пароль. Проверьте их или запросите ссылку для входа на почту.",
)


def sign_in(*, login: str, password: str, ip: str, user_agent: str) -> tuple[int, str]:
    """The person's id and the new session's secret. Raises Unauthenticated, TooMany.

    Tries are counted before the password is looked at, so that parallel guesses do not slip through.
    """
    login = login.strip().lower()
    login_key = key_of_login(login)
    count_try({login_key: TRIES_PER_LOGIN, f"login-from:{ip}": TRIES_PER_ADDRESS}, WINDOW)
    account = Account.objects.filter(login=login, is_active=True, person__merged_into=None).first()
    known = account is not None and account.password != ""
    matches = check_password(password, account.password if account and known else _nobodys_password())
    if account is None or not known or not matches:
        raise REFUSED
    clear_tries(login_key)
    with transaction.atomic():
        audit.record(Actor(person_id=account.person_id), "session.opened", "person", account.person_id)
        return account.person_id, open_session(account.person_id, ip=ip, user_agent=user_agent)


def key_of_login(login: str) -> str:
    """Under which tries of this login are counted, wherever its password is asked for."""
    return f"login:{hashlib.sha256(login.encode()).hexdigest()}"


@cache
def _nobodys_password() -> str:
    """What an unknown login is compared with: as much work as for a known one."""
    return make_password("nobody's")
