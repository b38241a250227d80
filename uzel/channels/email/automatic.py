"""Whether a person wrote this mail, or a program that must never be answered (RFC 3834 and what came before it)."""

import re
from collections.abc import Callable

from uzel.channelkit.events import Automatic
from uzel.channels.email.headers import Headers, message_ids
from uzel.channels.email.words import PATTERNS

# «Out of office: …», «В отпуске до 15 апреля», but not «Вне офиса не работает VPN», which is a request.
_AWAY = re.compile(
    rf"\s*(?:(?:re|aw|fwd?|ответ|sv|vs|odp):\s*)*(?:{PATTERNS['away']})"
    r"(?:\s(?:auto-?reply|reply|message|notification|notice|response|assistant))?"
    r"\s*(?:$|[:：;,.!)\]–—(]|-\s|(?<=\s)(?:re|until|till?|from|since|до|с|по|bis|vom|ab|jusqu\S{1,4}|du|hasta|fino|od|do)\b)",
    re.I,
)
# Not «no-reply»: forms on web sites write so, and somebody waits for an answer.
_PROGRAM = re.compile(r"^(?:mailer-daemon|auto-?(?:reply|responder|confirm))[@+]", re.I)
_ANSWERING = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-auto-replied",
    "x-mail-autoreply",
    "x-ms-exchange-inbox-rules-loop",
)
_LIST = (
    "list-id",
    "list-post",
    "list-unsubscribe",
    "mailing-list",
    "x-mailing-list",
    "x-mailman-version",
    "x-listname",
    "x-campaign-id",
)


def kind_of(
    headers: Headers, subject: str, sender: str, *, bounce: bool = False, own_id: Callable[[str], bool] | None = None
) -> Automatic:
    """The kind; a bounce outranks a loop, a loop an automatic reply, that a list.

    Args: own_id: whether a Message-ID was made by us, so that our own mail coming back is known for what it is.
    """
    if bounce:
        return Automatic.BOUNCE
    if _loops(headers, own_id):
        return Automatic.LOOP
    if _answers_by_itself(headers, subject):
        return Automatic.AUTO_REPLY
    precedence = headers.raw("precedence").lower()
    if precedence in ("bulk", "list", "junk") or any(name in headers for name in _LIST):
        return Automatic.LIST
    if headers.raw("return-path").strip() == "<>" or _PROGRAM.match(sender):
        return Automatic.AUTO_REPLY
    return Automatic.NONE


def _loops(headers: Headers, own_id: Callable[[str], bool] | None) -> bool:
    if "x-uzel-loop" in headers:
        return True
    return own_id is not None and any(own_id(one) for one in message_ids(headers.raw("message-id")))


def _answers_by_itself(headers: Headers, subject: str) -> bool:
    submitted = headers.raw("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if any(name in headers for name in _ANSWERING) or headers.raw("precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    suppressed = headers.raw("x-auto-response-suppress").lower()
    if suppressed and suppressed != "none" and ("all" in suppressed or "autoreply" in suppressed):
        return True
    if headers.raw("x-failed-recipients") or headers.raw("x-precedence").lower() == "auto_reply":
        return True
    return bool(_AWAY.match(subject[:300]))
