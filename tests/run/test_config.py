"""Configuration and the one secret."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from uzel.kernel.config import load_config
from uzel.kernel.errors import Invalid
from uzel.kernel.keys import derive_key, load_secret, seal, unseal
from uzel.kernel.logs import mask_secrets


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "uzel.toml").write_text('port = 9000\nregion = "KZ"\nblobs = "files"\n[postgres]\nwork_mem = "8MB"\n')

    config = load_config({"UZEL_HOME": str(tmp_path), "UZEL_PORT": "9001", "UZEL_DEMO": "1"})

    assert (config.port, config.region, config.host, config.demo) == (9001, "KZ", "127.0.0.1", True)
    assert config.blobs == tmp_path / "files"
    assert config.postgres == {"work_mem": "8MB"}
    assert config.address == "http://127.0.0.1:9001"


@pytest.mark.parametrize("line", ['port = "many"', "prot = 8000", "port = "])
def test_a_mistake_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "uzel.toml").write_text(line)

    with pytest.raises(Invalid, match=r"port|prot|uzel\.toml"):
        load_config({"UZEL_HOME": str(tmp_path)})


def test_we_answer_to_our_public_name_and_not_to_any(tmp_path: Path) -> None:
    env = {"UZEL_HOME": str(tmp_path), "UZEL_HOST": "0.0.0.0", "UZEL_PUBLIC_URL": "https://help.example.org/"}

    assert load_config(env).hosts == ["help.example.org", "localhost", "127.0.0.1", "[::1]"]


def test_many_starting_at_once_agree_on_one_private_secret(tmp_path: Path) -> None:
    config = load_config({"UZEL_HOME": str(tmp_path)})
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_secret(config), range(8)))

    assert len(secrets) == 1
    assert config.secret_key_file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [config.secret_key_file]


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="UZEL_SECRET_KEY"):
        load_secret(load_config({"UZEL_HOME": str(tmp_path), "UZEL_SECRET_KEY": "abcd"}))


def test_what_is_sealed_opens_only_with_the_same_secret() -> None:
    one, other = b"1" * 32, b"2" * 32
    sealed = seal(one, "пароль")

    assert "пароль" not in sealed
    assert unseal(one, sealed) == "пароль"
    with pytest.raises(Invalid, match=r"secret\.key"):
        unseal(other, sealed)
    assert derive_key(one, "tokens") != derive_key(one, "mail")


def test_no_secret_reaches_a_log() -> None:
    event = {
        "event": "connected to postgresql://uzel:hunter2@/uzel with Authorization: Bearer hunter2",
        "password": "hunter2",
        "api_key": "hunter2",
        "exception": "could not open imaps://me:hunter2@mail.example.org",
        "count": 2,
    }

    assert "hunter2" not in str(mask_secrets(None, "info", event))
    assert event["count"] == 2
