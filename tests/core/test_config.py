"""Settings: the order of the sources, and errors that name the place and the remedy."""

from pathlib import Path

import pytest

from core.config import ConfigError, load_settings
from core.wiring import folder_of


def write(folder: Path, text: str) -> Path:
    file = folder / "sentralbord.toml"
    file.write_text(text)
    return file


def test_the_defaults_are_complete_and_valid() -> None:
    assert load_settings(environment={}).media.max_calls >= 1


def test_a_file_overrides_the_defaults_and_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "[web]\nport = 9000\nhost = '::1'\n")
    settings = load_settings(file, {"SENTRALBORD_WEB__PORT": "9001", "SENTRALBORD_MEDIA__RTP_TIMEOUT": "3"})
    assert (settings.web.host, settings.web.port, settings.media.rtp_timeout) == ("::1", 9001, 3.0)


def test_the_variable_names_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "[log]\nlevel = 'DEBUG'\n")
    assert load_settings(environment={"SENTRALBORD_CONFIG": str(file)}).log.level == "DEBUG"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[web]\nprot = 1\n", ["web.prot", "allowed:", "port"]),
        ("[wbe]\n", ["[wbe]", "allowed:", "web"]),
        ("[log]\nlevel = 'LOUD'\n", ["log.level", '"LOUD"', 'allowed: "DEBUG", "INFO"']),
        ("[web]\nport = 70000\n", ["web.port", "70000", "65535"]),
        ("[web]\nport = 'x'\n", ["web.port", '"x"', "int"]),
        ("[web]\nsecure_cookies = 'yes'\n", ["web.secure_cookies", '"yes"', "allowed: true, false"]),
        ("[web]\ntrusted_proxies = '10.0.0.1/8'\n", ["web.trusted_proxies", '"10.0.0.1/8"', "10.0.0.0/8"]),
        ("[web]\ntrusted_proxies = '::1, proxy'\n", ["web.trusted_proxies", "'proxy'", "192.0.2.7"]),
        ("[media\n", ["TOML"]),
        ("web = 1\n", ["[web]"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_what_is_allowed(
    tmp_path: Path, text: str, parts: list[str]
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load_settings(file, {})
    for part in [str(file), *parts]:
        assert part in str(error.value)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"SENTRALBORD_WEB__PORT.*web\.port = \"many\""):
        load_settings(environment={"SENTRALBORD_WEB__PORT": "many"})


@pytest.mark.parametrize(
    ("key", "url", "allowed"),
    [
        ("database_url", "postgresql://sentralbord_{role}:hem/lig@db.example/sentralbord", "%2F"),
        ("database_url", "postgresql://sentralbord_{role}:hem@lig@db.example/sentralbord", "%40"),
        ("database_url", "postgresql://sentralbord:hemlig@db.example/sentralbord", "{role}"),
        ("database_url", "mysql://sentralbord_{role}:hemlig@db.example/sentralbord", "postgresql://"),
        ("redis_url", "redis://:hem#lig@redis.example/0", "%23"),
        ("redis_url", "http://:hemlig@redis.example/0", "rediss://"),
    ],
)
def test_a_wrong_url_is_named_with_what_is_allowed_and_without_its_password(key: str, url: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings(environment={f"SENTRALBORD_DATA__{key.upper()}": url})
    said = str(error.value)
    assert said.startswith(f"SENTRALBORD_DATA__{key.upper()}: data.{key} ")
    assert allowed in said
    assert "hem" not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: no such settings file"):
        load_settings(tmp_path / "none.toml", {})


def test_a_new_data_folder_is_closed_to_other_users(tmp_path: Path) -> None:
    settings = load_settings(environment={"SENTRALBORD_DATA__FOLDER": str(tmp_path / "data")})
    assert folder_of(settings).stat().st_mode & 0o077 == 0
