"""Which scopes a client may ask for, as provider.yaml says; the library's own backend gives every scope to every client."""
from django.conf import settings
from oauth2_provider.scopes import SettingsScopes

SCOPES = {client["id"]: client.get("scopes", []) for client in settings.TARGET["clients"].values()}


class ScopesOfTheClient(SettingsScopes):
    def get_available_scopes(self, application=None, request=None, *args, **kwargs):
        if application is None:
            return list(self.get_all_scopes())
        return SCOPES.get(application.client_id, [])

    def get_default_scopes(self, application=None, request=None, *args, **kwargs):
        return self.get_available_scopes(application, request)
