# SPDX-License-Identifier: Apache-2.0
"""sfsink sim, rule by rule: OAuth."""

import base64
import hashlib
import html.parser
import re
import time
import urllib.parse

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.org import V
from harness.waiting import wait_until

BACK = "http://localhost:8484/callback?from=sim"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
GONE = {"error": "invalid_grant", "error_description": "expired access/refresh token"}


class Form(html.parser.HTMLParser):
    """What a browser would send when the button with this value is pressed."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.buttons = {}, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.action, self.method = a["action"], a["method"]
        elif tag == "input":
            self.fields[a["name"]] = a["value"]
        elif tag == "button":
            self.buttons[a["value"]] = {a["name"]: a["value"]}


def consent(org, decision="allow", **changes):
    query = {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": BACK,
        "scope": "api refresh_token",
        "state": "a&b=c",
        "code_challenge": CHALLENGE,
        **changes,
    }
    page = requests.get(org.url + "/services/oauth2/authorize", params={k: v for k, v in query.items() if v is not None}, timeout=5)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    answer = requests.post(org.url + form.action, data=form.fields | form.buttons[decision], timeout=5, allow_redirects=False)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(BACK + "&")
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))


def exchange(org, code, **changes):
    form = {"grant_type": "authorization_code", "code": code, "client_id": "app", "redirect_uri": BACK, "code_verifier": VERIFIER, **changes}
    return org.token(**{k: v for k, v in form.items() if v is not None})


def connect(org, **changes):
    return exchange(org, consent(org, **changes)["code"]).json()


def refresh(org, token, client_id="app"):
    return org.token(grant_type="refresh_token", refresh_token=token, client_id=client_id)


def works(org, access_token):
    answer = requests.get(org.url + V + "/limits", headers={"Authorization": "Bearer " + access_token}, timeout=5)
    if answer.status_code == 401:
        assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    return answer.status_code == 200


def test_rule_01_only_forms_by_post(org):
    token = org.url + "/services/oauth2/token"
    for answer in (requests.get(token, timeout=5), requests.post(token, json={"grant_type": "client_credentials"}, timeout=5)):
        assert answer.status_code == 400 and set(answer.json()) == {"error", "error_description"}
    answer = org.token(grant_type="password", client_id="a")
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"})
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


def test_rule_01_clients(org):
    assert org.token(grant_type="client_credentials").json()["error"] == "invalid_client_id"
    org.control("PUT", "/apps/known", json={"secret": "s%1"})
    wrong = org.token(grant_type="client_credentials", client_id="known", client_secret="no")
    assert wrong.json() == {"error": "invalid_client", "error_description": "invalid client credentials"}
    basic = requests.post(
        org.url + "/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=("known", urllib.parse.quote("s%1")), timeout=5
    )
    assert basic.status_code == 200
    org.settings(known_apps_only=True)
    assert org.token(grant_type="client_credentials", client_id="other").json() == {
        "error": "invalid_client_id",
        "error_description": "client identifier invalid",
    }


def test_rule_02_the_code(org):
    answer = consent(org)
    assert answer["state"] == "a&b=c" and answer["code"].endswith("==")
    assert exchange(org, answer["code"]).status_code == 200
    assert exchange(org, answer["code"]).json() == {"error": "invalid_grant", "error_description": "expired authorization code"}
    org.settings(code_life_ms=0)
    assert exchange(org, consent(org)["code"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"code_verifier": "w" * 64}, "invalid_request"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"redirect_uri": BACK.replace("8484", "8485")}, "redirect_uri_mismatch"),
        ({"redirect_uri": BACK + "/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, "redirect_uri_mismatch"),
    ],
)
def test_rule_02_what_the_code_is_bound_to(org, changes, error):
    answer = exchange(org, consent(org)["code"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_rule_02_authorize(org):
    assert exchange(org, consent(org, code_challenge=None)["code"], code_verifier=None).status_code == 200
    assert exchange(org, consent(org, code_challenge_method="S256")["code"]).status_code == 200
    assert consent(org, "deny") == {"from": "sim", "error": "access_denied", "error_description": "end-user denied authorization", "state": "a&b=c"}
    org.control("PUT", "/apps/strict", json={"redirect_uris": ["http://localhost:1/x"]})
    for query in (
        {"client_id": "strict", "redirect_uri": BACK, "response_type": "code"},
        {"client_id": "app", "redirect_uri": BACK, "response_type": "token"},
        {"client_id": "app", "response_type": "code"},
    ):
        assert requests.get(org.url + "/services/oauth2/authorize", params=query, timeout=5).status_code == 400
    page = requests.get(
        org.url + "/services/oauth2/authorize", params={"client_id": "<script>", "redirect_uri": BACK, "response_type": "code"}, timeout=5
    )
    assert "<script>" not in page.text


def test_rule_03_the_token_response(org):
    token = connect(org)
    assert set(token) == {"access_token", "refresh_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert re.fullmatch(r"00D[A-Za-z0-9]{12}!\S+", token["access_token"]) and token["instance_url"] == org.url
    assert abs(int(token["issued_at"]) - time.time() * 1000) < 60000 and isinstance(token["issued_at"], str)
    assert re.search(r"/id/00D\w{15}/005\w{15}$", token["id"]) and token["token_type"] == "Bearer"
    refreshed = refresh(org, token["refresh_token"]).json()
    assert "refresh_token" not in refreshed and works(org, refreshed["access_token"]) and works(org, token["access_token"])
    assert "refresh_token" not in connect(org, scope="api")


def test_rule_04_rotation(org):
    org.settings(rotate_refresh_tokens=True)
    first = connect(org)
    second = refresh(org, first["refresh_token"]).json()
    third = refresh(org, second["refresh_token"]).json()
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3 and works(org, third["access_token"])
    replay = refresh(org, first["refresh_token"])
    assert (replay.status_code, replay.json()) == (400, GONE)
    assert not works(org, third["access_token"]) and refresh(org, third["refresh_token"]).json() == GONE


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_rule_05_jwt(org, key):
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    org.control("PUT", "/apps/app", json={"public_key": public, "usernames": ["ada@example.com"]})
    now = int(time.time())
    good = {"iss": "app", "sub": "ada@example.com", "aud": "https://login.salesforce.com", "exp": now + 180}

    def ask(signer=key, algorithm="RS256", **changes):
        return org.token(
            grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=jwt.encode({**good, **changes}, signer, algorithm=algorithm)
        )

    token = ask().json()
    assert "refresh_token" not in token and works(org, token["access_token"])
    assert ask(aud=org.url).status_code == 200 and ask(aud="https://test.salesforce.com").status_code == 200
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for answer, text in (
        (ask(signer=other), "invalid assertion"),
        (ask(signer="x" * 32, algorithm="HS256"), "invalid assertion"),
        (ask(iss="nobody"), "invalid assertion"),
        (ask(aud="https://elsewhere.example"), "audience is invalid"),
        (ask(exp=now - 1), "expired authorization code"),
        (ask(exp=now + 3600), "expired authorization code"),
        (ask(sub="eve@example.com"), "user hasn't approved this consumer"),
        (ask(prn="eve@example.com"), "user hasn't approved this consumer"),
    ):
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant", "error_description": text})
    for nonsense in ("", "a.b", "a.b.c", "..", "\x00"):
        assert (
            org.token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=nonsense).json()["error_description"] == "invalid assertion"
        )


def test_rule_06_client_credentials(org):
    assert "refresh_token" not in org.token(grant_type="client_credentials", client_id="a", client_secret="b").json()
    org.settings(client_credentials_user=False)
    assert org.token(grant_type="client_credentials", client_id="a").json() == {
        "error": "invalid_grant",
        "error_description": "no client credentials user enabled",
    }
    org.settings(client_credentials_user=True, login_host="localhost")
    port = org.url.rsplit(":", 1)[1]
    login = requests.post(
        org.url + "/services/oauth2/token",
        data={"grant_type": "client_credentials", "client_id": "a"},
        headers={"Host": f"localhost:{port}"},
        timeout=5,
    )
    assert login.json() == {"error": "unsupported_grant_type", "error_description": "grant type not supported"}
    assert org.token(grant_type="client_credentials", client_id="a").status_code == 200


def test_rule_07_sessions(org):
    token = org.session.headers["Authorization"].removeprefix("Bearer ")
    org.settings(login_host="localhost")
    answer = org.call("GET", "/limits", headers={"Host": "localhost:1"})
    assert answer.status_code == 401 and works(org, token)
    for header in ({"Authorization": "OAuth " + token}, {"Authorization": "bearer " + token}):
        assert org.call("GET", "/limits", headers=header).status_code == 200
    assert not works(org, "00Dxx0000001gPL!AR8AQ")
    assert org.call("GET", "/limits", headers={"Authorization": None}).status_code == 401
    assert org.call("GET", "/limits", headers={"Authorization": "Digest x"}).json()[0]["errorCode"] == "INVALID_AUTH_HEADER"
    assert org.control("POST", "/tokens/expire")["expired"] == 1
    assert not works(org, token)


def test_rule_07_expiry_slides(org):
    org.settings(token_life_ms=600)
    org.login()
    token = org.session.headers["Authorization"].removeprefix("Bearer ")
    end = time.monotonic() + 1.2
    wait_until(lambda: works(org, token) and time.monotonic() > end, lambda: "used all the time, it outlives its life", timeout=5, every=0.05)
    introspect = {"token": token, "client_id": "tests"}
    wait_until(
        lambda: not org.session.post(org.url + "/services/oauth2/introspect", data=introspect, timeout=5).json()["active"],
        lambda: "unused it dies",
        timeout=5,
    )
    assert not works(org, token)


def test_rule_07_revoke_now(org):
    token = connect(org)
    org.control("POST", "/tokens/revoke")
    assert not works(org, token["access_token"]) and refresh(org, token["refresh_token"]).json() == GONE


def test_rule_08_the_sixth_approval(org):
    tokens = [connect(org)["refresh_token"] for _ in range(5)]
    connect(org, client_id="app", scope="api")  # without a refresh token it does not count
    assert all(refresh(org, t).status_code == 200 for t in tokens)
    tokens.append(connect(org)["refresh_token"])
    assert [refresh(org, t).status_code for t in tokens] == [400, 200, 200, 200, 200, 200]


def test_revoke_introspect_userinfo(org):
    token = connect(org, login_hint="ada@example.com")
    form = {"token": token["access_token"], "token_type_hint": "access_token", "client_id": "app"}
    facts = requests.post(org.url + "/services/oauth2/introspect", data=form, timeout=5).json()
    assert (
        facts["active"]
        and facts["username"] == "ada@example.com"
        and facts["sub"] == token["id"]
        and facts["token_type"] == "access_token"
        and facts["exp"] > time.time()
    )
    who = requests.get(org.url + "/services/oauth2/userinfo", headers={"Authorization": "Bearer " + token["access_token"]}, timeout=5).json()
    assert who["preferred_username"] == "ada@example.com" and token["id"].endswith(f"/{who['organization_id']}/{who['user_id']}")
    revoked = requests.post(org.url + "/services/oauth2/revoke", data={"token": token["refresh_token"]}, timeout=5)
    assert (revoked.status_code, revoked.content) == (200, b"")
    assert not works(org, token["access_token"])
    assert requests.post(org.url + "/services/oauth2/introspect", data=form, timeout=5).json() == {"active": False}
    assert requests.post(org.url + "/services/oauth2/revoke", data={"token": "x"}, timeout=5).json()["error"] == "invalid_token"
    bad = requests.get(org.url + "/services/oauth2/userinfo", headers={"Authorization": "Bearer x"}, timeout=5)
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


def test_the_journal_holds_no_secret(org):
    token = connect(org)
    refresh(org, token["refresh_token"])
    text = str(org.journal())
    assert not any(token[k] in text for k in ("access_token", "refresh_token")) and VERIFIER not in text
