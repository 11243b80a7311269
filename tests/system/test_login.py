# SPDX-License-Identifier: Apache-2.0
"""sfsink login and logout: in a real browser, by a pasted address, and everything that can go wrong on the way."""
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.processes import binary, clean_environment, die_with_parent, free_ports, sfsink
from harness.waiting import wait_until
from harness.worker import config_text

USER = "jo@example.com"


class Login:
    """One `sfsink login` that is waiting."""

    def __init__(self, file, *options, **environment):
        self.process = subprocess.Popen([str(binary()), "login", "-c", str(file), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=clean_environment(**environment), preexec_fn=die_with_parent)
        self.said = ""
        while "Press Enter" not in self.said and "press Enter" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said + self.process.stderr.read()
            self.said += line
        self.url = re.search(r"http://127\S+", self.said)[0]
        self.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url).query))

    def ends(self, pasted=None, timeout=30):
        """Exit status, standard output and error; what is pasted goes in before."""
        out, err = self.process.communicate(pasted, timeout=timeout)
        return self.process.returncode, self.said + out, err

    def decide(self, decision="allow", **changes):
        """What the consent page would post; the address that Salesforce redirects to."""
        form = {k: self.query[k] for k in ("client_id", "redirect_uri", "scope", "state", "code_challenge")} | {"decision": decision, "username": USER}
        answer = web().post(self.url.split("?")[0], data=form | changes, allow_redirects=False, timeout=10)
        return answer.headers["Location"]


def web():
    session = requests.Session()
    session.trust_env = False
    return session


@pytest.fixture
def setup(simulator, tmp_path):
    """A configuration for a login; its file, the token file and the port of the redirect."""

    class Setup:
        (port,) = free_ports(1)
        file, tokens = tmp_path / "login.cfg", tmp_path / "sfsink.token"
        sim = simulator

        def write(self, **auth):
            settings = {"login_url": simulator.url, "client_id": "our-app", "client_secret": "word-1", "redirect_port": self.port}
            self.file.write_text(config_text({"salesforce": {"auth": settings | auth}}))
            self.file.chmod(0o600)
            return self.file

        def stored(self):
            assert self.tokens.stat().st_mode & 0o777 == 0o600
            return json.loads(self.tokens.read_text())

        def not_stored(self):
            assert not self.tokens.exists()

    made = Setup()
    made.write()
    return made


# ---- in the browser

@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver

    assert shutil.which("chromium") and shutil.which("chromedriver"), "a browser is missing: tests/install.sh test"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                       "--disable-component-update", "--disable-sync", "--disable-quic", "--no-proxy-server", f"--user-data-dir={profile}"):
            options.add_argument(option)
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"), env=clean_environment())
        driver = webdriver.Chrome(options=options, service=service)
        driver.set_page_load_timeout(30)
        yield driver
        driver.quit()


def press(browser, url, decision):
    from selenium.webdriver.common.by import By

    browser.get(url)
    name = browser.find_element(By.NAME, "username")
    name.clear()
    name.send_keys(USER)
    browser.find_element(By.CSS_SELECTOR, f"button[value={decision}]").click()
    wait_until(lambda: "localhost" in browser.current_url and browser.find_elements(By.TAG_NAME, "h1"), "the redirect's page is there")
    return browser.find_element(By.TAG_NAME, "body").text


def test_a_person_allows_it_in_the_browser(setup, browser):
    login = Login(setup.file)
    page = press(browser, login.url, "allow")
    status, out, err = login.ends()
    assert status == 0, err
    assert "sfsink is logged in" in page and USER in page and setup.sim.url in page
    assert f"Logged in to {setup.sim.url} as {USER} (organization 00D" in out and str(setup.tokens) in out
    stored = setup.stored()
    assert stored["instance_url"] == setup.sim.url and stored["refresh_token"] and stored["id"].startswith(setup.sim.url)
    assert stored["access_token"] not in out + err + page and stored["refresh_token"] not in out + err + page
    assert sfsink("describe", "-c", setup.file).returncode == 0


def test_a_person_denies_it_in_the_browser(setup, browser):
    login = Login(setup.file)
    page = press(browser, login.url, "deny")
    status, _, err = login.ends()
    assert status == 77
    assert "sfsink is not logged in" in page and "denied" in page
    assert "access was denied in the browser (end-user denied authorization)" in err and "sfsink login" in err
    setup.not_stored()


def test_the_request_is_what_salesforce_wants(setup):
    login = Login(setup.file)
    assert login.query["response_type"] == "code" and login.query["code_challenge_method"] == "S256"
    assert login.query["redirect_uri"] == f"http://localhost:{setup.port}/callback"
    assert login.query["scope"] == "api refresh_token offline_access"
    assert len(login.query["state"]) >= 32 and len(login.query["code_challenge"]) == 43
    login.process.kill()
    login.process.communicate()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_it_listens_wherever_localhost_may_be(setup, host):
    login = Login(setup.file)
    address = login.decide().replace("localhost", host, 1)
    answer = web().get(address, timeout=10)
    assert answer.status_code == 200 and "is logged in" in answer.text
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert login.ends()[0] == 0


def test_a_browser_is_opened_where_there_is_one(setup, tmp_path):
    opened = tmp_path / "opened"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    opener.chmod(0o755)
    path = f"{opener.parent}:{os.environ['PATH']}"

    def open_with(*options, **environment):
        login = Login(setup.file, *options, PATH=path, **({"CI": "", "SSH_CONNECTION": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""} | environment))
        login.process.send_signal(signal.SIGTERM)
        login.process.communicate(timeout=10)
        return login

    login = open_with(DISPLAY=":0")
    assert "should have opened by itself" in login.said
    wait_until(opened.exists, "xdg-open was started")
    assert opened.read_text().strip() == login.url
    opened.unlink()
    for options, environment in (([], {"DISPLAY": ":0", "CI": "true"}), ([], {}), (["--no-browser"], {"WAYLAND_DISPLAY": "wayland-0"})):
        assert "by itself" not in open_with(*options, **environment).said
    assert not opened.exists()


# ---- from a remote shell

def test_the_address_can_be_pasted(setup):
    login = Login(setup.file)
    status, out, err = login.ends(f"what?\n\n  {login.decide()}  \n")
    assert status == 0, err
    assert "that is no address of a redirect" in err and f"as {USER}" in out
    assert setup.stored()["refresh_token"]


def test_a_pasted_denial_and_a_foreign_address_are_told_apart(setup):
    login = Login(setup.file)
    status, _, err = login.ends(login.decide("deny") + "\n")
    assert status == 77 and "access was denied" in err
    login = Login(setup.file)
    status, _, err = login.ends(f"http://localhost:{setup.port}/callback?code=x&state=foreign\n")
    assert status == 77 and "does not belong to this login: its state is another one" in err
    setup.not_stored()


# ---- what goes wrong, each with its own words

def test_another_state_ends_the_login(setup):
    login = Login(setup.file)
    address = login.decide()
    answer = web().get(address.replace(login.query["state"], "x" * 32), timeout=10)
    status, _, err = login.ends()
    assert answer.status_code == 400 and "state" in answer.text
    assert status == 77 and "its state is another one" in err and "sfsink login" in err
    setup.not_stored()


def test_a_redirect_without_a_state_is_no_login(setup):
    login = Login(setup.file)
    web().get(f"http://localhost:{setup.port}/callback?code=x", timeout=10)
    status, _, err = login.ends()
    assert status == 77 and "its state is missing" in err


def test_what_is_no_redirect_changes_nothing(setup):
    login = Login(setup.file)
    assert web().get(f"http://localhost:{setup.port}/favicon.ico", timeout=10).status_code == 404
    for _ in range(2):
        answer = web().get(f"http://localhost:{setup.port}/callback", timeout=10)
        assert answer.status_code == 400 and "still waits" in answer.text
    assert web().get(login.decide(), timeout=10).status_code == 200
    assert login.ends()[0] == 0


@pytest.mark.parametrize("family, host", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_in_use_is_said_at_once(setup, family, host):
    with socket.socket(family) as taken:
        taken.bind((host, setup.port))
        taken.listen()
        done = sfsink("login", "-c", setup.file)
    assert done.returncode == 69
    assert f"{setup.port}: Address already in use" in done.stderr and "salesforce.auth.redirect_port" in done.stderr


def test_it_does_not_wait_for_ever(setup):
    status, _, err = Login(setup.file, "--timeout", "1").ends("")
    assert status == 69 and "nothing came back within 1 s" in err and f"http://localhost:{setup.port}/callback" in err


def test_a_code_counts_once(setup):
    login = Login(setup.file)
    address = login.decide()
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["code"][0]
    used = web().post(setup.sim.url + "/services/oauth2/token", timeout=10, data={
        "grant_type": "authorization_code", "code": code, "client_id": "our-app", "redirect_uri": login.query["redirect_uri"], "code_verifier": "x" * 43})
    assert used.status_code == 400  # somebody else tried it, and it is used up
    answer = web().get(address, timeout=10)
    status, _, err = login.ends()
    assert status == 77 and answer.status_code == 400
    for text in (err, answer.text):
        assert "the authorization code was used before, or is too old" in text and "sfsink login" in text
    setup.not_stored()


def test_a_redirect_that_comes_twice_changes_nothing(setup):
    """The login waits for another process that holds the store's lock, so that the second redirect finds the first at work."""
    login = Login(setup.file)
    address = login.decide()
    with open(f"{setup.tokens}.lock", "w", encoding="utf-8") as lock, ThreadPoolExecutor(2) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        both = [pool.submit(lambda: web().get(address, timeout=30)) for _ in range(2)]
        wait_until(lambda: any(one.done() for one in both), "one of them is told")
        assert not all(one.done() for one in both)
        fcntl.flock(lock, fcntl.LOCK_UN)
        pages = {one.result().status_code: one.result().text for one in both}
    assert "is logged in" in pages[200] and "used already" in pages[409]
    assert login.ends()[0] == 0


@pytest.mark.parametrize("app, words", [
    ({"secret": "another"}, ["invalid_client", "salesforce.auth.client_secret"]),
])
def test_what_the_token_endpoint_refuses_is_explained(setup, app, words):
    setup.sim.control("PUT", "/apps/our-app", json=app | {"redirect_uris": [f"http://localhost:{setup.port}/callback"]})
    login = Login(setup.file)
    answer = web().get(login.decide(), timeout=10)
    status, _, err = login.ends()
    assert status == 77 and answer.status_code == 400
    for word in words:
        assert word in err, err
    setup.not_stored()


def test_a_login_that_could_not_be_renewed_is_refused(setup):
    setup.write(scopes="api")
    login = Login(setup.file)
    web().get(login.decide(), timeout=10)
    status, _, err = login.ends()
    assert status == 77 and "no refresh token" in err and "salesforce.auth.scopes" in err
    setup.not_stored()


def test_what_cannot_work_is_said_before_anybody_opens_a_browser(setup, tmp_path):
    done = sfsink("login", "-c", setup.write(client_id=""))
    assert done.returncode == 78 and "salesforce.auth.client_id: missing" in done.stderr
    done = sfsink("login", "-c", setup.write(flow="client_credentials"))
    assert done.returncode == 78 and "logs in by itself" in done.stderr
    done = sfsink("login", "-c", setup.write(token_file="missing/sfsink.token"))
    assert done.returncode == 78 and "cannot be written" in done.stderr
    assert sfsink("login", "--timeout", "x", "-c", setup.file).returncode == 64
    assert sfsink("login", "now", "-c", setup.file).returncode == 64


# ---- logout

def logged_in(setup):
    login = Login(setup.file)
    web().get(login.decide(), timeout=10)
    assert login.ends()[0] == 0
    return setup.stored()


def test_logout_revokes_and_removes(setup):
    stored = logged_in(setup)
    done = sfsink("logout", "-c", setup.file)
    assert done.returncode == 0 and "revoked" in done.stdout and str(setup.tokens) in done.stdout
    setup.not_stored()
    answer = web().get(setup.sim.url + "/services/data/v59.0/limits", headers={"Authorization": "Bearer " + stored["access_token"]}, timeout=10)
    assert answer.status_code == 401
    again = sfsink("logout", "-c", setup.file)
    assert again.returncode == 0 and "no stored login" in again.stdout
    done = sfsink("limits", "-c", setup.file)
    assert done.returncode == 77 and "sfsink login" in done.stderr


def test_logout_of_what_was_revoked_elsewhere_removes_it(setup):
    logged_in(setup)
    setup.sim.control("POST", "/tokens/revoke")
    done = sfsink("limits", "-c", setup.file)
    assert done.returncode == 77 and "expired access/refresh token" in done.stderr and "sfsink login" in done.stderr
    done = sfsink("logout", "-c", setup.file)
    assert done.returncode == 0 and "did not know" in done.stdout
    setup.not_stored()


def test_logout_keeps_the_login_where_salesforce_is_away(setup):
    logged_in(setup)
    setup.sim.stop()
    done = sfsink("logout", "-c", setup.file)
    assert done.returncode == 69 and "the login is still there" in done.stderr
    assert setup.stored()


def test_a_file_that_others_can_read_is_refused_with_the_chmod(setup):
    logged_in(setup)
    setup.tokens.chmod(0o644)
    for command in ("logout", "limits", "describe"):
        done = sfsink(command, "-c", setup.file)
        assert done.returncode == 78 and f"chmod 600 {setup.tokens}" in done.stderr
