//! Bugs in the comparison of a redirect URI with the registered ones, and in the use of the one that was chosen.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::form;
use crate::server::core::message::{Content, Request, Response};
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
    /// Puts a question mark before its response whether or not the redirect URI has one already.
    AppendsSecondQuestionMark violates ["redirect-uri-query-retained"];
    /// Accepts a redirect URI that ends at a slash before the path of the registered one does, or at its host.
    AcceptsParentPaths violates ["redirect-uri-shorter-path-rejected"];
    /// Percent-decodes the path of a redirect URI and resolves its dot segments before it compares.
    NormalisesRedirectUri violates ["redirect-uri-normalised-variant-rejected"];
    /// Compares host and path as a parser names them, and leaves the user name before the host out.
    IgnoresRedirectUserinfo violates ["redirect-uri-userinfo-on-registered-host-rejected"];
    /// Compares a redirect URI up to its first semicolon only.
    CutsRedirectUriAtSemicolon violates ["redirect-uri-path-parameter-rejected"];
    /// Takes the parameters out of each segment of the path and resolves dot segments before it compares: `/..;/cb` becomes `/cb`.
    DropsPathParameters violates ["redirect-uri-path-parameter-rejected"];
    /// Compiles the registered redirect URI as a regular expression, in which a dot stands for any character.
    TakesRedirectUriAsPattern violates ["redirect-uri-dot-is-literal"];
    /// Leaves `code`, `state`, `error` and `iss` in the query out of the comparison, and then adds its own beside them.
    ForgivesResponseParameters violates ["redirect-uri-injected-response-parameter-rejected"];
    /// Takes a redirect URI without a scheme for a place of its own, and accepts it.
    AcceptsRelativeRedirectUris violates ["redirect-uri-relative-rejected"];
    /// Answers at the address in the `Referer` header when the request of a client with one redirect URI names none.
    FallsBackToReferer violates ["redirect-uri-omitted-single-registered"];
}

/// The URI of a request that names none: the only one that is registered.
pub fn default_uri<'answer>(defects: &Defects, client: &'answer ClientConfig, request: &'answer Request) -> Option<&'answer str> {
    match client.redirect_uris.as_slice() {
        [only] if defects.has(Flaw::FallsBackToReferer) => Some(request.header("referer").unwrap_or(only)),
        [only] => Some(only),
        [first, _, ..] if defects.has(Flaw::DefaultsToFirstOfManyRedirectUris) => Some(first),
        _ => None,
    }
}

/// Whether the client may be answered at this URI.
pub fn is_registered(realm: &Realm, client: &ClientConfig, requested: &str, sound: bool) -> bool {
    let defects = &realm.defects;
    if sound || defects.is_empty() {
        return sound;
    }
    if defects.has(Flaw::AcceptsRelativeRedirectUris) && !requested.contains(':') {
        return true;
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
        return rest != "/" && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'%'));
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
    if defects.has(Flaw::TakesRedirectUriAsPattern) && is_a_match(registered, requested) {
        return true;
    }
    if defects.has(Flaw::ForgivesResponseParameters) && without_response_parameters(requested) == registered {
        return true;
    }
    if defects.has(Flaw::CutsRedirectUriAtSemicolon) && requested.split_once(';').is_some_and(|(uri, _)| uri == registered) {
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
    let elsewhere_in_the_path = same_scheme && requested.authority == registered.authority && !same_rest;
    if elsewhere_in_the_path {
        return defects.has(Flaw::AcceptsParentPaths) && is_parent(requested.rest, registered.rest)
            || defects.has(Flaw::NormalisesRedirectUri)
                && !requested.rest.contains(';')
                && normalised(requested.rest) == registered.rest
            || defects.has(Flaw::DropsPathParameters)
                && requested.rest.contains(';')
                && normalised(&without_path_parameters(requested.rest)) == registered.rest;
    }
    let userinfo = requested.authority.strip_suffix(registered.authority).and_then(|before| before.strip_suffix('@'));
    // Whoever is no more than named before the right host is no trick: the browser goes to that host.
    if userinfo.is_some_and(|user| user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':')) {
        return defects.has(Flaw::IgnoresRedirectUserinfo) && same_scheme && same_rest;
    }
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
            && !requested.host.contains(':')
        || defects.has(Flaw::IsFooledByAuthorityTricks)
            && same_scheme
            && requested.is_tricky
            && requested.authority.contains(registered.host)
}

/// Whether the path ends at a slash, or at the host, before the registered one does.
fn is_parent(path: &str, registered: &str) -> bool {
    registered.len() > path.len() && registered.starts_with(path) && (path.is_empty() || path.ends_with('/'))
}

/// Whether every dot of the registered URI may be any character.
fn is_a_match(registered: &str, requested: &str) -> bool {
    let fits = |(left, right): (u8, u8)| left == right || left == b'.';
    registered.len() == requested.len() && registered.bytes().zip(requested.bytes()).all(fits)
}

/// The URI without what only an answer has in its query.
fn without_response_parameters(uri: &str) -> String {
    let Some((path, query)) = uri.split_once('?') else { return uri.to_owned() };
    let is_answer = |pair: &&str| ["code=", "state=", "error=", "iss="].iter().any(|name| pair.starts_with(name));
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_answer(pair)).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The path with its escapes decoded and its dot segments resolved.
fn normalised(path: &str) -> String {
    let decoded = form::decoded(path.as_bytes()).unwrap_or_else(|_| path.to_owned());
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/"))
}

/// The path with what follows a semicolon taken out of each segment.
fn without_path_parameters(path: &str) -> String {
    let bare = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
    path.split('/').map(bare).collect::<Vec<_>>().join("/")
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
    if realm.defects.has(Flaw::AppendsSecondQuestionMark) && redirect.uri.contains('?') && !redirect.parameters.is_empty() {
        let first = form_urlencoded::Serializer::new(String::new()).extend_pairs(redirect.parameters.drain(..1)).finish();
        redirect.uri = format!("{}?{first}", redirect.uri);
    }
    if realm.defects.has(Flaw::RespondsToFirstRedirectUri) {
        let mut clients = realm.config.clients.values();
        if let Some(client) = clients.find(|client| client.redirect_uris.contains(&redirect.uri)) {
            redirect.uri.clone_from(&client.redirect_uris[0]);
        }
    }
}
