"""An upload outlives the line and the server: what has arrived stays, the rest follows."""

import base64
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.callers import make_person, open_session_of
from tests.web.process import WebProcess
from uzel.store.blobs import blobs
from uzel.store.models import Upload

TUS = {"Tus-Resumable": "1.0.0", "X-Uzel-Client": "web"}
CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture
def secret(database_url: str) -> Iterator[str]:
    return open_session_of(make_person())


def start(web: WebProcess, secret: str, size: int = len(CONTENT)) -> str:
    name = base64.b64encode("отчёт.xlsx".encode()).decode()
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
    answer = requests.post(web.url + "/api/v1/uploads", headers=headers, cookies={"uzel_session": secret}, timeout=20)
    assert answer.status_code == 201
    return answer.headers["Location"]


def offset_of(web: WebProcess, secret: str, address: str) -> int:
    answer = requests.head(web.url + address, headers=TUS, cookies={"uzel_session": secret}, timeout=20)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def append(web: WebProcess, secret: str, address: str, offset: int, content: bytes) -> requests.Response:
    headers = TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    cookies = {"uzel_session": secret}
    return requests.patch(web.url + address, data=content, headers=headers, cookies=cookies, timeout=20)


def open_half(web: WebProcess, secret: str, address: str, content: bytes) -> socket.socket:
    """A PATCH that announces the whole file and sends ``content`` of it."""
    line = socket.create_connection(("127.0.0.1", web.port))
    head = (
        f"PATCH {address} HTTP/1.1\r\nHost: localhost\r\nCookie: uzel_session={secret}\r\nX-Uzel-Client: web\r\n"
        "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {len(CONTENT)}\r\n\r\n"
    )
    line.sendall(head.encode() + content)
    return line


def wait_for_bytes(address: str, least: int) -> None:
    part = Path(settings.UPLOADS) / uuid.UUID(address.rpartition("/")[2]).hex
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size >= least):
        assert time.monotonic() < deadline, "the bytes did not reach the disk"
        time.sleep(0.02)


def resume(web: WebProcess, secret: str, address: str) -> None:
    offset = offset_of(web, secret, address)
    assert 0 < offset < len(CONTENT)
    assert append(web, secret, address, offset, CONTENT[offset:]).status_code == 204
    upload = Upload.objects.get()
    assert blobs().read(upload.blob_id) == CONTENT


def test_it_goes_on_after_the_server_was_killed(secret: str) -> None:
    with WebProcess() as web:
        address = start(web, secret)
        with open_half(web, secret, address, CONTENT[:1_500_000]):
            wait_for_bytes(address, 1_000_000)
            web.kill()
    with WebProcess() as web:
        resume(web, secret, address)


def test_it_goes_on_after_the_line_broke(secret: str) -> None:
    with WebProcess() as web:
        address = start(web, secret)
        open_half(web, secret, address, CONTENT[:1_500_000]).close()
        wait_for_bytes(address, 1_000_000)
        deadline = time.monotonic() + 20
        while append(web, secret, address, 0, b"").status_code == 423:  # until the broken one let go
            assert time.monotonic() < deadline, "the broken line still holds the upload"
            time.sleep(0.05)
        resume(web, secret, address)


def test_two_senders_at_once_do_not_mix(secret: str) -> None:
    with WebProcess() as web:
        address = start(web, secret)
        answers: list[int] = []
        send = lambda: answers.append(append(web, secret, address, 0, CONTENT).status_code)  # noqa: E731
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers.count(204) == 1
        assert set(answers) <= {204, 409, 423, 429}
        assert blobs().read(Upload.objects.get().blob_id) == CONTENT


def test_slow_senders_do_not_keep_others_from_being_served(secret: str) -> None:
    with WebProcess() as web:
        lines = [open_half(web, secret, start(web, secret), CONTENT[:1000]) for _ in range(8)]
        try:
            assert web.get("/api/v1/me", cookies={"uzel_session": secret}).status_code == 200
        finally:
            for line in lines:
                line.close()
