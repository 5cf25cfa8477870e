"""Where things are: the library below /o/, its metadata at the root as well (RFC 8414 section 3.1), and Django's login page."""
import os

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.urls import metadata_urlpatterns

import faults

for name in os.environ.get("DEMO_FAULTS", "").split():
    faults.FAULTS[name].plant()
faults.short_device_codes()

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("", include((metadata_urlpatterns, "metadata"))),
]
