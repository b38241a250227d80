"""E-mail: mailboxes read over IMAP, SMTP and LMTP in, SMTP out."""

from uzel.channelkit.contract import Account, Capabilities
from uzel.channels.email.check import check
from uzel.channels.email.identity import own_message_id
from uzel.channels.email.imap import listeners
from uzel.channels.email.parse import parse
from uzel.channels.email.settings import SETTINGS, read_settings
from uzel.channels.email.smtp_in import doors
from uzel.channels.email.smtp_out import send

__all__ = ["CAPABILITIES", "KIND", "SETTINGS", "check", "doors", "listeners", "parse", "provider_id", "send"]

KIND = "email"
CAPABILITIES = Capabilities(
    handle_kind="email",
    max_file=18 * 1024 * 1024,  # base64 makes it 25 MB, which most servers take
    rich_text=True,
    subject=True,
    answers_automatically=True,
    original="message/rfc822",
)


def provider_id(client_key: str, account: Account) -> str:
    """The Message-ID is ours, so it is known before the first attempt, whatever becomes of it."""
    return own_message_id(account.secret, client_key, read_settings(account).domain)
