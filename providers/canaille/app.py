"""The application that hypercorn serves: canaille, with what a careful deployer would have to mend.

An access token for a user is a JWT whose claims change once a second, and the database wants each token to be another:
of two tokens for the same user and client in one second the second is answered with 500. A `jti` makes them differ.
DEMO_FAULTS names what is left as it comes.
"""
import os
import uuid

from canaille.hypercorn.app import create_app as create_asgi
from canaille.oidc import provider

FAULTS = {
    "same-token-in-a-second": "canaille as it comes: two tokens in one second are the same, and the second request fails",
    "pkce-not-required": "a public client redeems its code without PKCE",
    "keeps-rotated-tokens": "a refresh token still works after it was rotated",
}


def create_app():
    planted = os.environ.get("DEMO_FAULTS", "").split()
    if "same-token-in-a-second" not in planted:
        generate = provider.generate_id_token

        def with_jti(*args, user_info, **kwargs):
            return generate(*args, user_info={**user_info, "jti": uuid.uuid4().hex}, **kwargs)

        provider.generate_id_token = with_jti
    if "pkce-not-required" in planted:
        challenge = provider.CodeChallenge
        provider.CodeChallenge = lambda required=True: challenge(required=False)
        provider.CodeChallenge.SUPPORTED_CODE_CHALLENGE_METHOD = challenge.SUPPORTED_CODE_CHALLENGE_METHOD
    if "keeps-rotated-tokens" in planted:
        provider.RefreshTokenGrant.revoke_old_credential = lambda grant, credential: None
    return create_asgi()


if __name__ == "__main__":
    for name, help_text in FAULTS.items():
        print(f"{name:32} {help_text}")
