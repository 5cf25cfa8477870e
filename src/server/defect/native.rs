//! Bugs in how native apps are answered: on which port of the loopback address, and at which private-use scheme (RFC 8252).

use url::{Host, Url};

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::message::{Content, Response};

table! { Native;
    /// Compares the port of a loopback redirect URI, although a native app cannot know it in advance.
    PinsLoopbackPort violates ["native-loopback-ipv4-any-port"];
    /// Does not know the address `[::1]` for loopback, and compares its port.
    PinsBracketedLoopbackPort violates ["native-loopback-ipv6-any-port"];
    /// Treats `localhost` like any host, and compares its port.
    PinsLocalhostPort violates ["native-localhost-any-port"];
    /// Accepts every loopback address, whatever its scheme, host, path and query, once a client has registered one.
    AcceptsAnyLoopbackUri violates ["native-loopback-rest-exact"];
    /// Takes all that stands between the loopback address and the path for the port, and leaves it out of the comparison.
    RemovesPortByPattern violates ["native-loopback-tricks-rejected"];
    /// Compares the `redirect_uri` of a redemption with the registered one, whose port is not the one that was used.
    ExpectsRegisteredPortAtRedemption violates ["native-loopback-token-redirect-uri"];
    /// Leaves the port of a loopback `redirect_uri` out of the comparison at the redemption.
    IgnoresPortAtRedemption violates ["native-loopback-token-redirect-uri"];
    /// Writes a redirect URI with a private-use scheme anew, with three slashes where it had one.
    RewritesPrivateUseScheme violates ["native-private-use-scheme"];
}

/// The registered URIs of the client on this loopback origin whose port is free, each cut at its path.
fn paths_on<'client>(client: &'client ClientConfig, origin: &str) -> impl Iterator<Item = &'client str> {
    client.redirect_uris.iter().filter_map(move |uri| uri.strip_prefix(origin)).filter(|path| path.starts_with('/'))
}

/// Whether the client may be answered at this URI, as far as the rules for native apps say.
pub fn is_registered(defects: &Defects, client: &ClientConfig, requested: &str, sound: bool) -> bool {
    if defects.is_empty() {
        return sound;
    }
    if sound {
        let literally = client.redirect_uris.iter().any(|registered| registered == requested);
        let pinned = defects.has(Flaw::PinsLoopbackPort) && requested.starts_with("http://127.0.0.1")
            || defects.has(Flaw::PinsBracketedLoopbackPort) && requested.starts_with("http://[::1]")
            || defects.has(Flaw::PinsLocalhostPort) && requested.starts_with("http://localhost");
        return literally || !pinned;
    }
    const LITERAL: &str = "http://127.0.0.1";
    let has_free_port = paths_on(client, LITERAL).next().is_some();
    if defects.has(Flaw::AcceptsAnyLoopbackUri) && has_free_port && is_loopback(requested) {
        return true;
    }
    let Some(rest) = requested.strip_prefix(LITERAL).filter(|_| defects.has(Flaw::RemovesPortByPattern)) else { return false };
    rest.find('/').is_some_and(|at| paths_on(client, LITERAL).any(|path| path == &rest[at..]))
}

fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|uri| match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    })
}

/// Whether the `redirect_uri` of a redemption is the one that the code was sent to.
pub fn redemption_matches(
    defects: &Defects,
    client: &ClientConfig,
    asked: Option<&str>,
    given: Option<&str>,
    sound: bool,
) -> bool {
    if defects.is_empty() {
        return sound;
    }
    let (Some(asked), Some(given)) = (asked, given) else { return sound };
    if !is_loopback(asked) || !is_loopback(given) {
        return sound;
    }
    if defects.has(Flaw::ExpectsRegisteredPortAtRedemption) {
        return client.redirect_uris.iter().any(|registered| registered == given) && without_port(asked) == without_port(given);
    }
    sound || defects.has(Flaw::IgnoresPortAtRedemption) && without_port(asked) == without_port(given)
}

fn without_port(uri: &str) -> Option<Url> {
    let mut uri = Url::parse(uri).ok()?;
    uri.set_port(None).ok()?;
    Some(uri)
}

pub(super) fn after(defects: &Defects, response: &mut Response) {
    let Content::Client(redirect) = &mut response.content else { return };
    if defects.has(Flaw::RewritesPrivateUseScheme)
        && let Some((scheme, path)) = redirect.uri.split_once(":/")
        && !path.starts_with('/')
    {
        redirect.uri = format!("{scheme}:///{path}");
    }
}
