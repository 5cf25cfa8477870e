"""Django's settings: django-oauth-toolkit as a careful deployer would configure it, with the clients of provider.yaml.

The environment says how this server is started: DEMO_RUN (the folder of its files), DEMO_PORT, DEMO_FAULTS and
DEMO_SHORT_LIFETIMES.
"""
import os
from pathlib import Path

import yaml

import faults

HERE = Path(__file__).parent
RUN = Path(os.environ["DEMO_RUN"])
ORIGIN = f"http://127.0.0.1:{os.environ['DEMO_PORT']}"
ISSUER = f"{ORIGIN}/o"
SHORT = os.environ.get("DEMO_SHORT_LIFETIMES") == "1"
TARGET = yaml.safe_load((HERE / "provider.yaml").read_text())

DEBUG = False
SECRET_KEY = (RUN / "secret_key").read_text()
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGIN_URL = "/login/"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
# SQLite knows no row locks: a transaction takes the whole file at its beginning, as select_for_update would take the row.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": RUN / "db.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
PASSWORD_HASHERS = ["hashers.DemoHasher"]
SECURE_REFERRER_POLICY = "same-origin"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

SCOPES = {scope for client in TARGET["clients"].values() for scope in client.get("scopes", [])}
OAUTH2_PROVIDER = {
    "SCOPES": {scope: f"Demo scope {scope}" for scope in sorted(SCOPES)},
    "SCOPES_BACKEND_CLASS": "scopes.ScopesOfTheClient",
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": ISSUER,
    "OIDC_RSA_PRIVATE_KEY": (RUN / "rsa.pem").read_text(),
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": [
        "authorization_code",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "OAUTH_DEVICE_VERIFICATION_URI": f"{ISSUER}/device/",
    "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda user_code: f"{ISSUER}/device/?user_code={user_code}",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https", "com.example.app"],
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 10 if SHORT else 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 12 if SHORT else 600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 20 if SHORT else 86_400,
    "PKCE_REQUIRED": True,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    **{
        f"COMPLIANT_BCP_RFC9700_{gate}": True
        for gate in [
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
        ]
    },
}
for name in os.environ.get("DEMO_FAULTS", "").split():
    faults.FAULTS[name].configure(OAUTH2_PROVIDER)
