# SPDX-License-Identifier: Apache-2.0
"""sfsink check on a file alone, and the files that people begin with."""
import pathlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.processes import sfsink

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "config" / "examples"

ROUTE = """routes = ( { topic = "t"; object = "Contact"; external_id = "External_Id__c";
  fields = ( { to = "External_Id__c"; from = "id"; }, { to = "LastName"; from = "n"; } ); } );
"""


def written(folder, text, name="sfsink.cfg"):
    file = folder / name
    file.write_text(text)
    return file


def rsa_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def test_examples_pass():
    for name in ("minimal.cfg", "full.cfg"):
        done = sfsink("check", "--offline", "-c", EXAMPLES / name)
        assert done.returncode == 0, done.stderr
        assert "1 route, no mistake" in done.stdout


def test_the_example_of_help_is_a_configuration(tmp_path):
    file = written(tmp_path, sfsink("help", "config", "--example").stdout)
    assert sfsink("check", "--offline", "-c", file).returncode == 0


def test_all_mistakes_at_once_with_file_line_and_path(tmp_path):
    (tmp_path / "parts").mkdir()
    written(tmp_path, "\nbatch: { max_recrods = 5; linger_ms = 4294967796; };\n", "parts/batch.cfg")
    file = written(tmp_path, 'kafka: { brokers = "${NOT_SET_ANYWHERE}"; };\n@include "parts/batch.cfg"\n' +
                   ROUTE.replace('from = "n"', 'frm = "n"'))
    done = sfsink("check", "--offline", "-c", file)
    assert done.returncode == 78 and done.stdout == ""
    for line in (f"{file}:1: kafka.brokers: ", f"{tmp_path}/parts/batch.cfg:2: batch.max_recrods: no such setting; did you mean batch.max_records?",
                 f"{tmp_path}/parts/batch.cfg:2: batch.linger_ms: 4294967796 given", f"{file}:4: routes[0].fields[1].frm: "):
        assert line in done.stderr


def test_print_masks_secrets_and_is_a_configuration(tmp_path):
    secret = written(tmp_path, "hunter2\n", "secret")
    secret.chmod(0o600)
    file = written(tmp_path, 'salesforce: { auth: { client_secret_file = "secret"; }; };\n'
                   'kafka: { properties = [ "sasl.password=${TEST_PASSWORD}" ]; };\n' + ROUTE)
    done = sfsink("check", "--print", "-c", file, TEST_PASSWORD="hunter3")
    assert done.returncode == 0, done.stderr
    assert "hunter" not in done.stdout + done.stderr
    again = sfsink("check", "--print", "-c", written(tmp_path, done.stdout, "printed.cfg"))
    assert again.stdout == done.stdout


def test_what_is_printed_of_a_login_by_assertion_loads_with_its_key(tmp_path):
    """Only the mask has to be replaced."""
    written(tmp_path, rsa_key(), "key.pem").chmod(0o600)
    file = written(tmp_path, 'salesforce: { auth: { flow = "jwt"; client_id = "c"; username = "u"; private_key_file = "key.pem"; }; };\n' + ROUTE)
    printed = sfsink("check", "--print", "-c", file).stdout
    assert printed.count('"********"') == 1 and 'private_key = "********"' in printed
    again = written(tmp_path, printed, "printed.cfg")
    refused = sfsink("check", "--print", "-c", again)
    assert refused.returncode == 78 and "salesforce.auth.private_key: " in refused.stderr
    again.write_text(printed.replace('private_key = "********"', 'private_key_file = "key.pem"'))
    done = sfsink("check", "--print", "-c", again)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr


@pytest.mark.parametrize("text, said", [
    (ROUTE.replace("LastName", "LastNamf"), "{file}:"),
    ("", "{file}: routes: missing"),
    ('salesforce: { auth: { flow = "jwt"; client_id = "c"; username = "u"; private_key = "k"; }; };\n' + ROUTE, "{file}:1: "),
    ("kafka: { brokers = 1; };\n" + ROUTE, "{file}:1: ")])
def test_the_file_is_named_as_it_was_given(tmp_path, text, said):
    written(tmp_path, text, "given.cfg")
    done = sfsink("check", "--offline", "-c", "./given.cfg", cwd=tmp_path)
    assert said.format(file="./given.cfg") in done.stderr, done.stderr
    assert str(tmp_path) not in done.stdout + done.stderr
    good = sfsink("check", "--offline", "-c", "./good.cfg", cwd=written(tmp_path, ROUTE, "good.cfg").parent)
    assert good.stdout.startswith("./good.cfg: 1 route")


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    secret = written(tmp_path, "hunter2\n", "secret")
    secret.chmod(0o644)
    done = sfsink("check", "--offline", "-c", written(tmp_path, 'salesforce: { auth: { client_secret_file = "secret"; }; };\n' + ROUTE))
    assert done.returncode == 78
    assert f"chmod 600 {secret}" in done.stderr and "hunter2" not in done.stderr


def test_wrong_options_are_64(tmp_path):
    file = written(tmp_path, ROUTE)
    assert sfsink("check", "--offlin", "-c", file).returncode == 64


@pytest.mark.parametrize("settings, words", [
    ('kafka: { properties = [ "client.id=x", "no.such.thing=1" ]; };', "kafka.properties[1]: no.such.thing: no such property"),
    ('kafka: { properties = [ "fetch.min.bytes=some" ]; };', "kafka.properties[0]: fetch.min.bytes: "),
    ('kafka: { properties = [ "acks=0" ]; };', "kafka.properties[0]: acks: sfsink sets this one itself"),
    ('salesforce: { ca_file = "none.pem"; };', "salesforce.ca_file: "),
    ('salesforce: { auth: { flow = "jwt"; client_id = "a"; username = "b"; private_key = "hunter2"; }; };', "salesforce.auth.private_key: "),
], ids=lambda x: x[:50])
def test_what_only_the_libraries_know_is_refused_before_anything_starts(tmp_path, settings, words):
    file = written(tmp_path, settings + "\n" + ROUTE)
    for command in (["check", "--offline"], ["map"], ["run"], ["limits"]):
        done = sfsink(*command, "-c", file)
        assert done.returncode == 78, (command, done.stderr)
        assert f"{file}:1: {words}" in done.stderr and "hunter" not in done.stderr
