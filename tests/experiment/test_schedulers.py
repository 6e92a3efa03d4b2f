"""What an administrator may write in the environment, and each mistake in words."""

import json

import pytest

from aemlo.errors import ParameterError
from aemlo.experiment import schedulers
from aemlo.experiment.schedulers import Scheduler

ONE, SEVERAL = "AEMLO_DASK_SCHEDULER", "AEMLO_DASK_SCHEDULERS"
SAFE = {"address": "tls://host:8786", "ca_file": "ca.pem", "cert": "me.pem"}


def test_nothing_is_allowed_by_itself():
    assert schedulers.allowed({}) == {}
    assert schedulers.allowed({ONE: "", SEVERAL: " "}) == {}
    assert schedulers.backend({}) == "loky"


def test_one_address_is_the_default():
    lab = Scheduler("tcp://lab:8786", "lab")
    environment = {ONE: "tcp://host:8786", SEVERAL: '{"lab": "tcp://lab:8786"}'}
    default = Scheduler("tcp://host:8786", "default")
    assert schedulers.allowed(environment) == {"default": default, "lab": lab}
    assert schedulers.chosen(None, environment) == default
    assert schedulers.chosen("lab", environment) == lab
    assert schedulers.chosen(None, {SEVERAL: environment[SEVERAL]}) == lab


@pytest.mark.parametrize(
    "address", ["host:8786", "tcp://10.0.0.5:8786", "tcp://[::1]:8786", "tls://h:1"]
)
def test_addresses(address):
    assert schedulers.allowed({ONE: address})["default"].address == address
    assert not schedulers.is_name(address)


def test_json_and_toml_say_the_same(tmp_path):
    for name in ("ca.pem", "me.pem", "me.key"):
        (tmp_path / name).touch()
    file = tmp_path / "schedulers.toml"
    file.write_text(
        'far = "tcp://far:8786"\n[lab]\naddress = "tls://host:8786"\n'
        'ca_file = "ca.pem"\ncert = "me.pem"\nkey = "me.key"\n'
    )
    files = {"ca_file": "ca.pem", "cert": "me.pem", "key": "me.key"}
    files = {key: str(tmp_path / name) for key, name in files.items()}
    table = {"far": "tcp://far:8786", "lab": {"address": "tls://host:8786"} | files}
    expected = {
        "far": Scheduler("tcp://far:8786", "far"),
        "lab": Scheduler("tls://host:8786", "lab", **files),
    }
    assert schedulers.allowed({SEVERAL: str(file)}) == expected
    assert schedulers.allowed({SEVERAL: json.dumps(table)}) == expected


def test_the_command_line_takes_a_name_or_an_address():
    environment = {SEVERAL: '{"lab": "tcp://lab:8786"}'}
    lab = Scheduler("tcp://lab:8786", "lab")
    assert schedulers.from_command_line("lab", environment) == lab
    for address in ("tcp://own:8786", "localhost"):
        assert schedulers.from_command_line(address, environment) == address
    # A mistake in the environment does not keep a user from an address.
    broken = {SEVERAL: "{"}
    assert schedulers.from_command_line("tcp://own:1", broken) == "tcp://own:1"


def entry(**changes):
    return {SEVERAL: json.dumps({"lab": SAFE | changes})}


@pytest.mark.parametrize(
    "environment, message",
    [
        (
            {ONE: "lab"},
            f"{ONE} must be an address such as tcp://host:8786, got 'lab'.",
        ),
        (
            {SEVERAL: '{"lab": }'},
            f"{SEVERAL}: the JSON cannot be read: Expecting value: line 1 column 9 "
            "(char 8).",
        ),
        (
            {SEVERAL: "tcp://host:8786"},
            f"{SEVERAL} must be a JSON object or the path of a TOML file, and "
            "'tcp://host:8786' cannot be read: No such file or directory.",
        ),
        (
            {SEVERAL: '{"tcp://host:8786": "tcp://host:8786"}'},
            f"{SEVERAL}: a name has letters, digits, - and _ only, got "
            "'tcp://host:8786'.",
        ),
        (
            {SEVERAL: '{"lab": 8786}'},
            f"{SEVERAL}: 'lab' must be an address or a table, got 8786.",
        ),
        (
            {SEVERAL: '{"lab": {}}'},
            f"{SEVERAL}: the address of 'lab' must be such as tcp://host:8786, got ''.",
        ),
        (
            {ONE: "tcp://host:1", SEVERAL: '{"default": "tcp://host:2"}'},
            f"{SEVERAL}: 'default' is the name of the address in {ONE}. Use another "
            "name, or one variable.",
        ),
        (
            entry(password="x"),
            f"{SEVERAL}: 'lab' has no entry 'password'. Entries: address, ca_file, "
            "cert, key.",
        ),
        (entry(cert=1), f"{SEVERAL}: cert of 'lab' must be text, got 1."),
        (
            entry(address="tcp://host:8786"),
            f"{SEVERAL}: 'lab' has TLS files, so its address must start with tls://, "
            "got 'tcp://host:8786'.",
        ),
        (
            entry(ca_file=""),
            f"{SEVERAL}: 'lab' has TLS files, but no ca_file. TLS needs ca_file and "
            "cert, and key where cert does not hold it.",
        ),
        (
            entry(ca_file="/no/ca.pem"),
            f"{SEVERAL}: ca_file of 'lab': there is no file '/no/ca.pem'.",
        ),
    ],
)
def test_a_mistake_in_the_environment_is_said(environment, message):
    with pytest.raises(ParameterError) as caught:
        schedulers.allowed(environment)
    assert str(caught.value) == message


def test_a_mistake_in_a_toml_file_names_the_file_and_the_line(tmp_path):
    file = tmp_path / "schedulers.toml"
    file.write_text("lab = \n")
    with pytest.raises(ParameterError) as caught:
        schedulers.allowed({SEVERAL: str(file)})
    assert str(caught.value) == (
        f"{SEVERAL}: the TOML in {str(file)!r} cannot be read: Invalid value (at line "
        "1, column 7)."
    )
    file.write_bytes(b"\xff")
    with pytest.raises(ParameterError) as caught:
        schedulers.allowed({SEVERAL: str(file)})
    assert str(caught.value) == (
        f"{SEVERAL} must be a JSON object or the path of a TOML file, and "
        f"{str(file)!r} cannot be read: it is not text in UTF-8."
    )


def test_a_backend_that_does_not_exist_is_said():
    with pytest.raises(ParameterError) as caught:
        schedulers.backend({"AEMLO_BACKEND": "spark"})
    assert str(caught.value) == "AEMLO_BACKEND must be one of loky, dask, got 'spark'."


@pytest.mark.parametrize(
    "environment, message",
    [
        (
            {},
            "The dask backend needs a scheduler, and the administrator of this machine "
            f"allowed none. Set {ONE}, or give the address on your own command line: "
            "--scheduler ADDRESS.",
        ),
        (
            {SEVERAL: '{"lab": "tcp://a:1", "far": "tcp://b:1"}'},
            "The dask backend needs a scheduler. Name one that the administrator "
            "allowed: lab, far.",
        ),
    ],
)
def test_no_scheduler_to_choose_is_said(environment, message):
    with pytest.raises(ParameterError) as caught:
        schedulers.chosen(None, environment)
    assert str(caught.value) == message
