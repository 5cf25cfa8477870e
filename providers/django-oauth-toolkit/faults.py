"""The faults that can be planted: settings and small overrides that real deployments have, for checks to report."""
import os
import sys
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Fault:
    help: str
    configure: Callable[[dict], None] = lambda settings: None
    plant: Callable[[], None] = lambda: None
    register: Callable[[list], list] = lambda uris: uris


def setting(**values):
    return lambda settings: settings.update(values)


def several_grants(*more):
    """Lets an application of the code grant use others as well, as a swapped application model may."""

    def plant():
        from oauth2_provider.models import AbstractApplication

        def allows(self, *grant_types):
            mine = {self.authorization_grant_type}
            if AbstractApplication.GRANT_AUTHORIZATION_CODE in mine:
                mine.update(more)
            return not mine.isdisjoint(grant_types)

        AbstractApplication.allows_grant_type = allows

    return plant


def short_device_codes():
    """The library has no setting for how long a device code lives."""
    if os.environ.get("DEMO_SHORT_LIFETIMES") == "1":
        from oauthlib.oauth2 import DeviceAuthorizationEndpoint

        DeviceAuthorizationEndpoint.expires_in = property(lambda endpoint: 15)


def any_redirect_uri():
    from oauth2_provider.models import AbstractApplication

    AbstractApplication.redirect_uri_allowed = lambda self, uri: any(
        uri.startswith(registered) for registered in self.redirect_uris.split()
    )


FAULTS = {
    "pkce-not-required": Fault("no client has to use PKCE", setting(PKCE_REQUIRED=False)),
    "plain-pkce": Fault("the challenge method plain is accepted", setting(COMPLIANT_BCP_RFC9700_PKCE_METHOD=False)),
    "no-reuse-protection": Fault(
        "a rotated refresh token is refused, but what came after it lives on",
        setting(REFRESH_TOKEN_REUSE_PROTECTION=False),
    ),
    "no-rotation": Fault("a refresh token is never replaced", setting(ROTATE_REFRESH_TOKEN=False)),
    "reuse-grace-period": Fault(
        "a rotated refresh token works for two minutes more",
        setting(REFRESH_TOKEN_GRACE_PERIOD_SECONDS=120, COMPLIANT_BCP_RFC9700_TOKEN_STORAGE=False),
    ),
    "wildcard-redirect-uris": Fault(
        "clients register redirect URIs for every subdomain",
        setting(ALLOW_URI_WILDCARDS=True),
        register=lambda uris: uris
        + [uri.replace("https://", "https://*.", 1) for uri in uris if uri.startswith("https://")],
    ),
    "redirect-uri-by-prefix": Fault("a redirect URI need only begin as a registered one does", plant=any_redirect_uri),
    "implicit-grant": Fault(
        "the token is put into the redirect for who asks so",
        setting(
            COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT=False,
            OAUTH2_RESPONSE_TYPES_SUPPORTED=["code", "token"],
        ),
        plant=several_grants("implicit"),
    ),
    "password-grant": Fault(
        "a client may send the user's password",
        setting(
            COMPLIANT_BCP_RFC9700_PASSWORD_GRANT=False,
            OAUTH2_GRANT_TYPES_SUPPORTED=["authorization_code", "client_credentials", "refresh_token", "password"],
        ),
        plant=several_grants("password"),
    ),
}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        for name, fault in FAULTS.items():
            print(f"{name:32} {fault.help}")
    for name in sys.argv[1:]:
        if name != "--list" and name not in FAULTS:
            sys.exit(f"no such fault: {name} (there are: {', '.join(FAULTS)})")
