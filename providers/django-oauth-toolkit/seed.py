"""Writes the clients and users of provider.yaml into the database."""
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

import faults  # noqa: E402

Application = get_application_model()
GRANTS = {
    "authorization_code": Application.GRANT_AUTHORIZATION_CODE,
    "client_credentials": Application.GRANT_CLIENT_CREDENTIALS,
    "device_code": Application.GRANT_DEVICE_CODE,
}


def grant_of(client):
    """An application has one grant; refresh tokens come with it unasked."""
    grants = [GRANTS[name] for name in client["grants"] if name in GRANTS]
    return grants[0] if grants else Application.GRANT_CLIENT_CREDENTIALS


planted = os.environ.get("DEMO_FAULTS", "").split()
for role, client in settings.TARGET["clients"].items():
    uris = client.get("redirect_uris", [])
    for name in planted:
        uris = faults.FAULTS[name].register(uris)
    # A public client keeps the secret that the library makes up: with an empty one, its name alone would authenticate it.
    secret = {"client_secret": client["secret"]} if "secret" in client else {}
    application = Application(
        client_id=client["id"],
        client_type=Application.CLIENT_CONFIDENTIAL if "secret" in client else Application.CLIENT_PUBLIC,
        authorization_grant_type=grant_of(client),
        redirect_uris=" ".join(uris),
        algorithm=Application.RS256_ALGORITHM,
        name=f"Demo {role.replace('_', ' ')}",
        **secret,
    )
    application.full_clean()
    application.save()
for user in settings.TARGET["users"].values():
    get_user_model().objects.create_user(user["username"], f"{user['username']}@users.example", user["password"])
