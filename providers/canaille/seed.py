"""Writes the configuration, and the clients and users of provider.yaml into the database.

    python seed.py FOLDER PORT [--short-lifetimes]
"""
import json
import os
import secrets
import sys
from datetime import datetime, timezone
from pathlib import Path

import tomlkit
import yaml
from joserfc.jwk import RSAKey

folder, port = Path(sys.argv[1]), sys.argv[2]
target = yaml.safe_load((Path(__file__).parent / "provider.yaml").read_text())
lifetimes = {"authorization_code": 600, "refresh_token": 600, "client_credentials": 600}
if "--short-lifetimes" in sys.argv:
    lifetimes = dict.fromkeys(lifetimes, 15)
config = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "SERVER_NAME": f"127.0.0.1:{port}",
    "PREFERRED_URL_SCHEME": "http",
    "OAUTH2_TOKEN_EXPIRES_IN": lifetimes,
    "CANAILLE": {
        "DATABASE": "sql",
        "LANGUAGE": "en",
        "TIMEZONE": "UTC",
        "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
    },
    # A thousandth of the usual rounds: the passwords are known demo values.
    "CANAILLE_SQL": {
        "DATABASE_URI": f"sqlite:///{folder}/canaille.sqlite",
        "PASSWORD_HASH_PARAMS": {"pbkdf2_sha512__rounds": 1000},
    },
    # OAuth without OpenID Connect has no nonce.
    "CANAILLE_OIDC": {
        "REQUIRE_NONCE": False,
        "TRUSTED_DOMAINS": [],
        "ACTIVE_JWKS": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)],
    },
}
(folder / "canaille.toml").write_text(tomlkit.dumps(config))
os.chdir(folder)

from canaille import create_app  # noqa: E402
from canaille.app import models  # noqa: E402
from canaille.app.installation import install  # noqa: E402
from canaille.backends import Backend  # noqa: E402

app = create_app(init_backend=False)
with app.app_context():
    install(app)
app = create_app()
with app.app_context(), Backend.instance.session():
    for user in target["users"].values():
        name = user["username"]
        account = models.User(
            formatted_name=name.capitalize(),
            given_name=name.capitalize(),
            family_name="Example",
            user_name=name,
            emails=[f"{name}@users.example"],
            password=user["password"],
        )
        Backend.instance.save(account)
    clients = {}
    for role, client in target["clients"].items():
        clients[role] = models.Client(
            client_id=client["id"],
            client_id_issued_at=datetime.now(timezone.utc),
            client_name=f"Demo {role.replace('_', ' ')}",
            client_secret=client.get("secret"),
            token_endpoint_auth_method=client["auth"] if "secret" in client else "none",
            redirect_uris=client.get("redirect_uris", []),
            grant_types=client["grants"],
            response_types=["code"] if "authorization_code" in client["grants"] else [],
            scope=client.get("scopes", []),
        )
        Backend.instance.save(clients[role])
    # Whoever is in the audience of a client's tokens may introspect them.
    for client in clients.values():
        client.audience = [client] if client is clients["inspector"] else [client, clients["inspector"]]
        Backend.instance.save(client)
print(json.dumps({"clients": len(clients)}))
