//! Bugs in the comparison of a redirect URI with the registered ones, and in the use of the one that was chosen.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::message::{Content, Response};
use crate::server::core::realm::Realm;

table! { Redirect;
    /// Accepts a redirect URI whose path goes on where the registered one ends (`/cb/extra`, `/cbx`).
    MatchesRedirectUriByPrefix violates ["redirect-uri-path-suffix-rejected"];
    /// Trims a trailing slash off the redirect URI before it compares.
    IgnoresTrailingSlash violates ["redirect-uri-trailing-slash-rejected"];
    /// Leaves the port out of the comparison, for every host.
    IgnoresRedirectPort violates ["redirect-uri-port-variant-rejected"];
    /// Leaves the query out of the comparison.
    IgnoresRedirectQuery violates ["redirect-uri-query-variant-rejected"];
    /// Accepts every host that contains the registered one.
    AcceptsRedirectSubdomains violates ["redirect-uri-subdomain-rejected"];
    /// Keeps the redirect URIs of all clients in one list.
    SharesRedirectUrisBetweenClients violates ["redirect-uri-of-other-client-rejected"];
    /// Folds the case of redirect URIs before it compares them.
    IgnoresRedirectCase violates ["redirect-uri-case-variant-rejected"];
    /// Leaves the scheme out of the comparison: `http` will do for `https`.
    IgnoresRedirectScheme violates ["redirect-uri-scheme-variant-rejected"];
    /// Cuts off the fragment before it compares, and accepts the request.
    IgnoresRedirectFragment violates ["redirect-uri-fragment-rejected"];
    /// Sends every response to the first registered URI, whichever was asked for.
    RespondsToFirstRedirectUri violates ["redirect-uri-chosen-one-used"];
    /// Uses the first of several registered URIs when the request names none.
    DefaultsToFirstOfManyRedirectUris violates ["redirect-uri-omitted-multiple-registered"];
    /// Looks for the registered host anywhere in the authority, and takes `client.example@evil.example` for it.
    IsFooledByAuthorityTricks violates ["redirect-uri-authority-trick-rejected"];
    /// Throws away the query that a registered redirect URI has of its own.
    DropsRedirectQuery violates ["redirect-uri-query-retained"];
    /// Compares the port of a loopback redirect URI, although a native app cannot know it in advance.
    PinsLoopbackPort violates ["native-loopback-ipv4-any-port"];
}

/// The URI of a request that names none: the only one that is registered.
pub fn default_uri<'client>(defects: &Defects, client: &'client ClientConfig) -> Option<&'client String> {
    match client.redirect_uris.as_slice() {
        [only] => Some(only),
        [first, _, ..] if defects.has(Flaw::DefaultsToFirstOfManyRedirectUris) => Some(first),
        _ => None,
    }
}

/// Whether the client may be answered at this URI.
pub fn is_registered(realm: &Realm, client: &ClientConfig, requested: &str, sound: bool) -> bool {
    let defects = &realm.defects;
    if sound {
        let literally = client.redirect_uris.iter().any(|registered| registered == requested);
        return literally || !(defects.has(Flaw::PinsLoopbackPort) && requested.starts_with("http://127.0.0.1"));
    }
    if defects.is_empty() {
        return false;
    }
    let others = || realm.config.clients.values().flat_map(|other| &other.redirect_uris);
    defects.has(Flaw::SharesRedirectUrisBetweenClients) && others().any(|registered| registered == requested)
        || client.redirect_uris.iter().any(|registered| is_close_enough(defects, registered, requested))
}

/// Whether one of the bad comparisons takes the one for the other. Each forgives one difference and no other.
fn is_close_enough(defects: &Defects, registered: &str, requested: &str) -> bool {
    if defects.has(Flaw::MatchesRedirectUriByPrefix)
        && let Some(rest) = requested.strip_prefix(registered)
    {
        return rest != "/" && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    }
    if defects.has(Flaw::IgnoresTrailingSlash) && requested.strip_suffix('/') == Some(registered) {
        return true;
    }
    if defects.has(Flaw::IgnoresRedirectCase) && requested.eq_ignore_ascii_case(registered) {
        return true;
    }
    if defects.has(Flaw::IgnoresRedirectFragment) && requested.split_once('#').is_some_and(|(uri, _)| uri == registered) {
        return true;
    }
    if defects.has(Flaw::IgnoresRedirectQuery) && !requested.contains('#') {
        let path = |uri: &str| uri.split('?').next().unwrap_or_default().to_owned();
        return path(requested) == path(registered);
    }
    let (Some(registered), Some(requested)) = (Parts::of(registered), Parts::of(requested)) else { return false };
    let (registered, requested) = (&registered, &requested);
    let same_host = requested.host == registered.host;
    let same_port = requested.port == registered.port;
    let same_scheme = requested.scheme == registered.scheme;
    let same_rest = requested.rest == registered.rest;
    defects.has(Flaw::IgnoresRedirectPort) && same_scheme && same_host && same_rest && !requested.is_tricky
        || defects.has(Flaw::IgnoresRedirectScheme)
            && requested.scheme == "http"
            && same_host
            && same_port
            && same_rest
            && !requested.is_tricky
        || defects.has(Flaw::AcceptsRedirectSubdomains)
            && same_scheme
            && same_port
            && same_rest
            && !requested.is_tricky
            && requested.host.contains(registered.host)
        || defects.has(Flaw::IsFooledByAuthorityTricks)
            && same_scheme
            && requested.is_tricky
            && requested.authority.contains(registered.host)
}

/// A URI cut by hand, as a careless server does: a library would not show the tricks.
struct Parts<'uri> {
    scheme: &'uri str,
    authority: &'uri str,
    host: &'uri str,
    port: Option<&'uri str>,
    rest: &'uri str,
    is_tricky: bool,
}

impl<'uri> Parts<'uri> {
    fn of(uri: &'uri str) -> Option<Self> {
        let (scheme, after) = uri.split_once("://")?;
        let (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            Some(_) | None => (authority, None),
        };
        let is_tricky = authority.contains(['@', '\\', '%']);
        Some(Self { scheme, authority, host, port, rest, is_tricky })
    }
}

pub(super) fn after(realm: &Realm, response: &mut Response) {
    let Content::Client(redirect) = &mut response.content else { return };
    if realm.defects.has(Flaw::DropsRedirectQuery)
        && let Some((uri, _)) = redirect.uri.split_once('?')
    {
        redirect.uri = uri.to_owned();
    }
    if realm.defects.has(Flaw::RespondsToFirstRedirectUri) {
        let mut clients = realm.config.clients.values();
        if let Some(client) = clients.find(|client| client.redirect_uris.contains(&redirect.uri)) {
            redirect.uri.clone_from(&client.redirect_uris[0]);
        }
    }
}
