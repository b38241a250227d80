"""HTML of strangers: what is read of it, and what may be shown of it."""

import re

import pytest

from uzel.channelkit.sanitise import sanitise_html
from uzel.channels.email.html import QUOTE_MARK, html_to_text

ATTACKS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=https://evil.example><input name=q><button formaction=javascript:alert(1)>x</button></form>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x.swf></object><embed src=x.swf>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<div style='background:url(https://evil.example/x)'>x</div>",
    "<div style='background-image:u\\72l(https://evil.example/x)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%'>x</div>",
    "<div style='margin-left:-5000px'>x</div>",
    "<table background=https://evil.example/x><tr><td background=https://evil.example/x>x</td></tr></table>",
    "<body onload=alert(1) background=https://evil.example/x>",
    "<video poster=https://evil.example/x><source src=https://evil.example/x></video>",
    "<img srcset='https://evil.example/x 1x' src=''>",
    "<input type=image src=https://evil.example/x onfocus=alert(1) autofocus>",
    "<template><script>alert(1)</script></template>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<img src='https://evil.example/open.gif?id=1' width=1 height=1>",
    "<x onclick=alert(1) id=q name=q class=q>x</x>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<img src='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+'>",
]
_RUNS = re.compile(
    r"<(?!/?(?:a|b|div|p|img|table|tbody|tr|td|span|i)[\s>])|\son\w+\s*=|javascript:|vbscript:|data:text|data:image/svg|url\s*\(|expression\s*\(|position\s*:|evil\.example"
    r"|srcset|background|formaction|\s(?:id|name|class)=",
    re.I,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_loads_or_leaves_the_frame(attack: str) -> None:
    assert not _RUNS.search(sanitise_html(attack).html)


def test_words_of_the_mail_stay() -> None:
    shown = sanitise_html("<p><b>Принтер</b> <a href='https://example.org/x'>здесь</a></p>").html

    assert "<b>Принтер</b>" in shown
    assert 'href="https://example.org/x"' in shown
    assert "noopener" in shown


def test_inline_files_are_shown_and_remote_images_counted() -> None:
    result = sanitise_html(
        "<img src='cid:Logo@x'><img src=https://evil.example/a><img src=//evil.example/b>", {"<logo@x>": "/files/7"}
    )

    assert 'src="/files/7"' in result.html
    assert "evil" not in result.html
    assert result.blocked == 2


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Один</p><p>Два</p>", "Один\n\nДва"),
        ("Один<br>Два", "Один\nДва"),
        ("<div>Один</div><div>Два</div>", "Один\nДва"),
        ("<ul><li>один</li><li>два</li></ul>", "- один\n- два"),
        ("a &lt; b &amp;&nbsp;c", "a < b & c"),
        ("<style>p{}</style><script>x()</script>Текст", "Текст"),
        ("От: Иван <ivan@example.com>", "От: Иван <ivan@example.com>"),
        ("2 < 3 и 5 > 4", "2 < 3 и 5 > 4"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>незакрытый", "незакрытый"),
        ("", ""),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_start_of_the_quoted_mail_is_marked() -> None:
    assert QUOTE_MARK in html_to_text("Ответ<div id='divRplyFwdMsg'>От: Иван</div>")
