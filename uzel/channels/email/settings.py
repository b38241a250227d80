"""What an administrator says about a mailbox, and the same as typed values."""

import ssl
from typing import Any

import msgspec

from uzel.channelkit.contract import Account, Field

CONNECT_TIMEOUT = 20.0  # seconds
READ_TIMEOUT = 90.0

_PORTS_IMAP = {"tls": 993, "starttls": 143, "none": 143}
_PORTS_SMTP = {"tls": 465, "starttls": 587, "none": 25}


class Preset(msgspec.Struct, frozen=True):
    """A provider's own addresses, and what has to be done there first."""

    name: str
    imap_host: str
    smtp_host: str
    help_en: str
    help_ru: str
    smtp_port: int = 465
    smtp_security: str = "tls"
    token_url: str = ""
    scope: str = ""


PRESETS = (
    Preset(
        "Gmail",
        "imap.gmail.com",
        "smtp.gmail.com",
        "Make an app password (Google account → Security) or use OAuth2; plain passwords are refused.",
        "Создайте пароль приложения (аккаунт Google → Безопасность) или используйте OAuth2; обычный пароль не примут.",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        scope="https://mail.google.com/",
    ),
    Preset(
        "Яндекс",
        "imap.yandex.ru",
        "smtp.yandex.ru",
        "Turn on IMAP in the mailbox settings (Mail clients) and make an app password for mail.",
        "Включите IMAP в настройках почты («Почтовые программы») и создайте пароль приложения «Почта».",
        token_url="https://oauth.yandex.ru/token",  # noqa: S106 - an address
    ),
    Preset(
        "Mail.ru",
        "imap.mail.ru",
        "smtp.mail.ru",
        "Make a password for external programs in the security settings.",
        "Создайте пароль для внешних приложений в настройках безопасности.",
        token_url="https://oauth.mail.ru/token",  # noqa: S106 - an address
    ),
    Preset(
        "Outlook / Microsoft 365",
        "outlook.office365.com",
        "smtp.office365.com",
        "Microsoft takes OAuth2 only: register an application with IMAP.AccessAsUser.All, SMTP.Send, offline_access.",
        "Microsoft принимает только OAuth2: зарегистрируйте приложение с IMAP.AccessAsUser.All, SMTP.Send, "
        "offline_access.",
        smtp_port=587,
        smtp_security="starttls",
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - an address
        scope="https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
)

_PROVIDERS_EN = " ".join(f"{p.name}: {p.imap_host}, {p.smtp_host}:{p.smtp_port}. {p.help_en}" for p in PRESETS)
_PROVIDERS_RU = " ".join(f"{p.name}: {p.imap_host}, {p.smtp_host}:{p.smtp_port}. {p.help_ru}" for p in PRESETS)
_SECURITY = ("tls", "starttls", "none")
_TOKENS = " ".join(f"{p.name}: {p.token_url}." for p in PRESETS)

SETTINGS = (
    Field(
        name="address",
        type="email",
        required=True,
        label_en="Address",
        label_ru="Адрес",
        help_en="People write to it and get answers from it.",
        help_ru="На него пишут, с него уходят ответы.",
    ),
    Field(
        name="aliases",
        type="text",
        label_en="Other addresses of this mailbox",
        label_ru="Другие адреса этого ящика",
        help_en="Separated by commas; @example.org takes a whole domain.",
        help_ru="Через запятую; @example.org принимает весь домен.",
    ),
    Field(name="display_name", type="text", label_en="Sender's name", label_ru="Имя отправителя"),
    Field(
        name="plus_addressing",
        type="boolean",
        default=True,
        label_en="Answers come back to name+key@…",
        label_ru="Ответы приходят на имя+ключ@…",
        help_en="The surest way back into the ticket. Turn off if your mail server knows no plus-addresses.",
        help_ru="Самый надёжный путь обратно в обращение. Отключите, если сервер не понимает адресов с плюсом.",
    ),
    Field(
        name="imap_host",
        type="host",
        label_en="IMAP server",
        label_ru="Сервер IMAP",
        help_en=f"Empty: mail comes only by Uzel's own SMTP port. {_PROVIDERS_EN}",
        help_ru=f"Пусто: почта приходит только на SMTP-порт Узла. {_PROVIDERS_RU}",
    ),
    Field(name="imap_port", type="number", label_en="IMAP port", label_ru="Порт IMAP"),
    Field(
        name="imap_security",
        type="choice",
        choices=_SECURITY,
        default="tls",
        label_en="IMAP encryption",
        label_ru="Шифрование IMAP",
    ),
    Field(
        name="imap_folders",
        type="text",
        default="INBOX",
        label_en="Folders to read",
        label_ru="Читаемые папки",
        help_en="Separated by commas. Uzel changes nothing in them.",
        help_ru="Через запятую. Узел ничего в них не меняет.",
    ),
    Field(
        name="imap_history",
        type="choice",
        choices=("new", "all"),
        default="new",
        label_en="Mail that already lies there",
        label_ru="Письма, которые уже лежат",
        help_en="new: begin with what comes from now on. all: take in everything.",
        help_ru="new: начать с того, что придёт с этого момента. all: принять всё.",
    ),
    Field(name="smtp_host", type="host", label_en="SMTP server", label_ru="Сервер SMTP"),
    Field(name="smtp_port", type="number", label_en="SMTP port", label_ru="Порт SMTP"),
    Field(
        name="smtp_security",
        type="choice",
        choices=_SECURITY,
        default="starttls",
        label_en="SMTP encryption",
        label_ru="Шифрование SMTP",
    ),
    Field(
        name="username",
        type="text",
        label_en="User name",
        label_ru="Имя пользователя",
        help_en="Empty: the address. A dash: no sign-in.",
        help_ru="Пусто: сам адрес. Дефис: без входа.",
    ),
    Field(
        name="auth",
        type="choice",
        choices=("password", "oauth2"),
        default="password",
        label_en="Sign in with",
        label_ru="Вход по",
    ),
    Field(name="password", type="secret", label_en="Password", label_ru="Пароль"),
    Field(
        name="smtp_username",
        type="text",
        label_en="User name for SMTP, if another",
        label_ru="Имя для SMTP, если другое",
        help_en="A dash: no sign-in.",
        help_ru="Дефис: без входа.",
    ),
    Field(
        name="smtp_password",
        type="secret",
        label_en="Password for SMTP, if another",
        label_ru="Пароль SMTP, если другой",
    ),
    Field(
        name="oauth_token_url",
        type="host",
        label_en="OAuth2 token address",
        label_ru="Адрес токенов OAuth2",
        help_en=_TOKENS,
        help_ru=_TOKENS,
    ),
    Field(name="oauth_client_id", type="text", label_en="OAuth2 client id", label_ru="OAuth2: id приложения"),
    Field(
        name="oauth_client_secret", type="secret", label_en="OAuth2 client secret", label_ru="OAuth2: секрет приложения"
    ),
    Field(name="oauth_refresh_token", type="secret", label_en="OAuth2 refresh token", label_ru="OAuth2: refresh token"),
    Field(name="oauth_scope", type="text", label_en="OAuth2 scope", label_ru="OAuth2: области доступа"),
    Field(
        name="ca_certificate",
        type="text",
        label_en="Certificate authority (PEM)",
        label_ru="Удостоверяющий центр (PEM)",
        help_en="Only if your mail server's certificate is signed by your own authority.",
        help_ru="Только если сертификат почтового сервера подписан собственным центром.",
    ),
)


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect and who to be there. No user: no sign-in."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""


class OAuth(msgspec.Struct, frozen=True, kw_only=True):
    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    scope: str


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    aliases: tuple[str, ...] = ()
    display_name: str = ""
    plus_addressing: bool = True
    imap: Server | None = None
    smtp: Server | None = None
    folders: tuple[str, ...] = ("INBOX",)
    takes_history: bool = False
    oauth: OAuth | None = None
    ca_certificate: str = ""

    @property
    def domain(self) -> str:
        """For Message-IDs: ASCII always."""
        name = self.address.rpartition("@")[2]
        try:
            return name.encode("idna").decode() or "localhost"
        except UnicodeError:
            return "localhost"

    def tls(self) -> ssl.SSLContext:
        """Certificates and names are always checked; an authority of one's own is added, not trusted blindly."""
        context = ssl.create_default_context()
        if self.ca_certificate.strip():
            context.load_verify_locations(cadata=self.ca_certificate)
        return context


def read_settings(account: Account) -> EmailSettings:
    """Typed values with every default filled in; nothing raises here, the connection test says what is missing."""
    given = {name: value for name, value in account.settings.items() if value not in (None, "")}
    values = {field.name: field.default for field in SETTINGS} | given
    address = str(values["address"] or "").strip()
    user = str(values["username"] or address)
    return EmailSettings(
        address=address,
        aliases=_listed(values["aliases"]),
        display_name=str(values["display_name"] or account.name),
        plus_addressing=bool(values["plus_addressing"]),
        imap=_server(values, "imap", _PORTS_IMAP, (user, str(values["password"] or ""))),
        smtp=_server(
            values,
            "smtp",
            _PORTS_SMTP,
            (str(values["smtp_username"] or user), str(values["smtp_password"] or values["password"] or "")),
        ),
        folders=_listed(values["imap_folders"]) or ("INBOX",),
        takes_history=values["imap_history"] == "all",
        oauth=_oauth(values) if values["auth"] == "oauth2" else None,
        ca_certificate=str(values["ca_certificate"] or ""),
    )


def _server(values: dict[str, Any], what: str, ports: dict[str, int], login: tuple[str, str]) -> Server | None:
    host = str(values[f"{what}_host"] or "").strip()
    if not host:
        return None
    security = str(values[f"{what}_security"])
    user, password = login
    return Server(
        host=host,
        port=int(values[f"{what}_port"] or ports.get(security, 0)),
        security=security,
        user="" if user == "-" else user,
        password=password,
    )


def _oauth(values: dict[str, Any]) -> OAuth:
    names = ("token_url", "client_id", "client_secret", "refresh_token", "scope")
    return OAuth(**{name: str(values[f"oauth_{name}"] or "") for name in names})


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(value or "").replace("\n", ",").split(",") if part.strip())
