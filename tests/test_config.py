"""`retouch.toml`: what it may say, and one clear sentence for each way to get it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.config import Gateway, gateway_from_environment, load_gateways
from bot.errors import SetupProblem

BAD_URL = "In {}, gateway 1: base_url: it must be a whole address such as https://api.openai.com/v1."
BRACKETS = "each gateway begins with [[gateways]], in double brackets"
ENVIRONMENT = {"MY_KEY": " sk-good \n", "EMPTY_KEY": "  ", "BROKEN_KEY": "sk-ü", "TWO_LINES": "sk-a\nsk-b"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retouch.toml"


def gateway(line: str) -> bytes:
    return f'[[gateways]]\nname = "mine"\n{line}\n'.encode()


URLS = [
    "", "api.example.com/v1", "ftp://example.com/v1", "https:///v1", "https://", "http://[::1", "http://a:99999/v1",
    "http://a:b/v1", "http://a:0/v1", "http://user:word@a/v1", "http://a b/v1", "http://a\\n/v1", "http://a/v1?b=c",
    "http://a/v1#b", "http://a\\u202e/v1",
]  # fmt: skip
BROKEN: list[tuple[str, bytes, str]] = [
    ("an unknown key", gateway('kye = "sk-1"'), "In {}, gateway 1: kye: there is no such key."),
    ("a number that is none", gateway('concurrency = "many"'),
     "In {}, gateway 1: concurrency: Input should be a valid integer, unable to parse string as an integer."),
    ("a number too low", gateway("concurrency = 0"),
     "In {}, gateway 1: concurrency: Input should be greater than or equal to 1."),
    ("a text for a list", gateway('models = "gpt-image-2"'),
     'In {}, gateway 1: models: it must be a list, such as ["a", "b"].'),
    ("a number in a list", gateway('models = ["a", 2]'), "In {}, gateway 1: models.1: Input should be a valid string."),
    ("a number for a name", gateway("names = { fox = 1 }"),
     "In {}, gateway 1: names.fox: Input should be a valid string."),
    ("neither yes nor no", gateway('streaming = "maybe"'),
     "In {}, gateway 1: streaming: Input should be a valid boolean, unable to interpret input."),
    ("an api there is not", gateway('api = "video"'), "In {}, gateway 1: api: Input should be 'images' or 'chat'."),
    ("a way of editing there is not", gateway('edits = "images"'),
     "In {}, gateway 1: edits: Input should be 'image[]', 'image', 'json' or 'none'."),
    ("a name with a space", b'[[gateways]]\nname = "my gate"',
     "In {}, gateway 1: name: use letters, digits, dots and dashes."),
    ("dropping the model", gateway('drop = ["n", "model"]'), "In {}, gateway 1: drop: model cannot be dropped."),
    ("dropping a chat's words", gateway('drop = ["messages"]'), "In {}, gateway 1: drop: messages cannot be dropped."),
    ("an empty key", gateway('key = " "'), "In {}, gateway 1: key: it is empty or has characters no key can have."),
    ("a key that cannot be", gateway('key = "sk-ü"'),
     "In {}, gateway 1: key: it is empty or has characters no key can have."),
    ("a variable that is not set", gateway('key_env = "NO_KEY"'),
     "In {}, gateway mine takes its key from NO_KEY, which is not set."),
    ("a variable that is empty", gateway('key_env = "EMPTY_KEY"'),
     "In {}, gateway mine takes its key from EMPTY_KEY, which is not set."),
    ("a variable with no key in it", gateway('key_env = "BROKEN_KEY"'),
     "In {}, gateway mine takes its key from BROKEN_KEY, which is empty or has characters no key can have."),
    ("a variable with two keys", gateway('key_env = "TWO_LINES"'),
     "In {}, gateway mine takes its key from TWO_LINES, which is empty or has characters no key can have."),
    ("the second gateway", gateway("") + b'[[gateways]]\nname = "b"\nprice = 1',
     "In {}, gateway 2: price: there is no such key."),
    ("the same name twice", gateway("") + gateway(""), "In {}, two gateways are called mine."),
    ("no names at all", b"[[gateways]]\n[[gateways]]\n", "In {}, two gateways are called openai."),
    ("single brackets", b'[gateways]\nname = "mine"', "In {}, " + BRACKETS + "."),
    ("a list of names", b'gateways = ["mine"]', "In {}, " + BRACKETS + "."),
    ("a text", b'gateways = "mine"', "In {}, " + BRACKETS + "."),
    ("a table there is not", b'[[gateway]]\nname = "mine"',
     "In {}, gateway means nothing; there are gateways, models and planners."),
    ("no value", b"# mine\n[[gateways]]\nname =\n", "{} is not TOML: Invalid value (at line 3, column 7)."),
    ("the same key twice", gateway('name = "b"'), "{} is not TOML: Cannot overwrite a value (at line 3, column 11)."),
    ("a zero byte", b'[[gateways]]\nname = "a\0"', "{} is not TOML: Illegal character '\\x00' (at line 2, column 10)."),
    ("another encoding", '[[gateways]]\n\nname = "ü"'.encode("latin-1"), "{} is not TOML: line 3 is not UTF-8."),
    ("a picture", b"\x89PNG\r\n\x1a\n", "{} is not TOML: line 1 is not UTF-8."),
    ("a bottomless pit", b"a = " + b"[" * 20_000, "{} is not TOML that can be read: it is nested too deeply."),
    ("something huge", b"# " + b"x" * 1_000_000, "{} is larger than 1,000,000 bytes; that is no configuration."),
    *((f"the address {url!r}", gateway(f'base_url = "{url}"'), BAD_URL) for url in URLS),
]  # fmt: skip


@pytest.mark.parametrize(("data", "sentence"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_one_sentence_that_says_where(path: Path, data: bytes, sentence: str) -> None:
    path.write_bytes(data)
    with pytest.raises(SetupProblem) as caught:
        load_gateways(path, ENVIRONMENT)
    assert str(caught.value) == sentence.format(path)
    assert "sk-" not in str(caught.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_said(path: Path, tmp_path: Path) -> None:
    for bad, why in ((path, "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(SetupProblem) as caught:
            load_gateways(bad, {})
        assert str(caught.value) == f"{bad} cannot be read ({why})."


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text("[]{}=\"'\n.,#gatewysnmkub0: \\", max_size=80).map(str.encode))
def test_whatever_is_in_the_file_it_is_read_or_said(path: Path, data: bytes) -> None:
    path.write_bytes(b"[[gateways]]\n" + data)
    try:
        assert load_gateways(path, {})
    except SetupProblem as error:
        assert str(error).startswith((f"In {path}", str(path)))


def test_no_file_and_an_empty_file_mean_no_gateways(path: Path) -> None:
    path.write_text("# nothing yet\n")
    assert load_gateways(None) == load_gateways(path) == ()


def test_gateways_keep_their_order_and_what_they_say(path: Path) -> None:
    path.write_bytes(
        b'[[gateways]]\nname = "b"\nbase_url = "https://b.example/v1/"\nkey_env = "MY_KEY"\nmodels = ["fox"]\n'
        b'names = { fox = "vendor/fox" }\ndrop = ["n"]\nconcurrency = 2\n[[gateways]]\nname = "a"\napi = "chat"\n'
    )
    first, second = load_gateways(path, ENVIRONMENT)
    assert (first.name, first.base_url, first.models, first.drop, first.concurrency) == (
        "b", "https://b.example/v1", ("fox",), ("n",), 2,
    )  # fmt: skip
    assert (first.its_name("fox"), first.its_name("owl")) == ("vendor/fox", "owl")
    assert (first.serves("fox"), first.serves("owl"), second.serves("owl")) == (True, False, True)
    assert first.key
    assert first.key.get_secret_value() == "sk-good"
    assert (second.api, second.key) == ("chat", None)


def test_a_key_is_shown_nowhere(path: Path) -> None:
    path.write_bytes(gateway('key_env = "MY_KEY"'))
    assert "sk-good" not in repr(load_gateways(path, ENVIRONMENT))


def test_an_editors_mark_in_front_is_no_error(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + gateway(""))
    assert load_gateways(path, {})[0].name == "mine"


@pytest.mark.parametrize("url", ["http://localhost:8080/v1", "https://[::1]:80/v1/", " https://a.example/api/v1 "])
def test_a_whole_address_is_taken_without_its_last_slash(path: Path, url: str) -> None:
    path.write_bytes(gateway(f'base_url = "{url}"'))
    assert load_gateways(path, {})[0].base_url == url.strip().rstrip("/")


@pytest.mark.parametrize(
    ("gateway", "planner"),
    [
        (Gateway(), "gpt-5.4"),
        (Gateway(planner="gpt-6"), "gpt-6"),
        (Gateway(base_url="https://eu.api.openai.com/v1"), "gpt-5.4"),
        (Gateway(base_url="https://openai.com.example/v1"), ""),
        (Gateway(base_url="https://notopenai.com/v1"), ""),
        (Gateway(api="chat"), ""),
    ],
)
def test_only_openai_plans_without_being_told_how(gateway: Gateway, planner: str) -> None:
    assert gateway.planning_model == planner


@pytest.mark.parametrize(
    ("key", "url", "for_admin"),
    [
        ("", None, "OPENAI_API_KEY is empty or has characters no key can have."),
        ("sk-\x00", None, "OPENAI_API_KEY is empty or has characters no key can have."),
        ("sk-1", "api.example.com", "OPENAI_BASE_URL must be a whole address such as https://api.openai.com/v1."),
        ("sk-1", "http://a:b/v1", "OPENAI_BASE_URL must be a whole address such as https://api.openai.com/v1."),
    ],
)
def test_an_environment_that_cannot_be_is_told_to_the_admin(key: str, url: str | None, for_admin: str) -> None:
    with pytest.raises(SetupProblem) as caught:
        gateway_from_environment(SecretStr(key), url)
    assert caught.value.for_admin == for_admin
    assert "sk-" not in str(caught.value)
