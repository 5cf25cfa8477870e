//! Which redirect URIs may be registered, and which count as registered: the same string, but for the port of a native app's loopback URI.

use url::{Host, Url};

use crate::server::config::ClientConfig;

/// Why a redirect URI cannot be registered; nothing when it can.
pub fn unfit(uri: &str) -> Option<&'static str> {
    let Ok(parsed) = Url::parse(uri) else {
        return Some("it is not an absolute URI (RFC 6749 section 3.1.2)");
    };
    if uri.contains('#') {
        return Some("it has a fragment (RFC 6749 section 3.1.2)");
    }
    match parsed.scheme() {
        "https" => None,
        "http" if is_loopback(&parsed) => None,
        "http" => Some("plain http is for loopback addresses only (RFC 9700 section 2.6)"),
        scheme if scheme.contains('.') => None,
        _ => Some("a private-use scheme is a domain name turned round, and has a period (RFC 8252 section 7.1)"),
    }
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the client may be answered at this URI (RFC 9700 section 4.1.3, RFC 8252 section 7.3).
pub fn is_registered(client: &ClientConfig, requested: &str) -> bool {
    client.redirect_uris.iter().any(|registered| registered == requested || differs_in_loopback_port(registered, requested))
}

/// A loopback address that is registered without a port is good with every port; one registered with a port is not. RFC 9700 section 4.1.3
/// adds the name `localhost` to the literals of RFC 8252.
fn differs_in_loopback_port(registered: &str, requested: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"].into_iter().any(|origin| {
        let (Some(path), Some(rest)) = (registered.strip_prefix(origin), requested.strip_prefix(origin)) else {
            return false;
        };
        let Some(port_and_path) = rest.strip_prefix(':') else { return false };
        let digits = port_and_path.bytes().take_while(u8::is_ascii_digit).count();
        let (port, requested_path) = port_and_path.split_at(digits);
        // A registered path that is not empty begins with a slash, or the origin was but a prefix of another host.
        (path.is_empty() || path.starts_with('/')) && port.parse::<u16>().is_ok() && requested_path == path
    })
}

#[cfg(test)]
mod tests {
    use super::{differs_in_loopback_port, unfit};

    #[test]
    fn plain_http_is_registered_for_loopback_only() {
        for uri in
            ["http://client.example/cb", "http://127.0.0.1.client.example/cb", "http://localhost.example/cb", "http://10.0.0.1/"]
        {
            assert!(unfit(uri).is_some_and(|why| why.contains("9700")), "{uri}");
        }
        for uri in [
            "https://client.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8400/cb",
            "http://[::1]/cb",
            "http://localhost/cb",
        ] {
            assert_eq!(unfit(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_private_use_scheme_has_a_period() {
        for uri in ["myapp:/cb", "myapp://cb", "javascript:alert(1)", "data:text/html,x", "urn:ietf:wg:oauth:2.0:oob"] {
            assert!(unfit(uri).is_some_and(|why| why.contains("8252")), "{uri}");
        }
        assert_eq!(unfit("com.example.app:/cb"), None);
    }

    #[test]
    fn a_redirect_uri_is_absolute_and_has_no_fragment() {
        for uri in ["/cb", "//client.example/cb", "cb", "", "https://client.example/cb#", "com.example.app:/cb#x"] {
            assert!(unfit(uri).is_some(), "{uri}");
        }
    }

    #[test]
    fn the_port_of_a_loopback_literal_is_free_when_none_is_registered() {
        assert!(differs_in_loopback_port("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
        assert!(differs_in_loopback_port("http://[::1]/cb", "http://[::1]:51004/cb"));
        assert!(differs_in_loopback_port("http://localhost/cb", "http://localhost:51004/cb"));
    }

    #[test]
    fn everything_else_is_exact() {
        for (registered, requested) in [
            ("http://127.0.0.1:8400/cb", "http://127.0.0.1:8401/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cbx"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://[::1]:80/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:80/cb"),
            ("http://127.0.0.1/cb", "http://localhost:80/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1.example/cb", "http://127.0.0.1:80.example/cb"),
            ("https://client.example/cb", "https://client.example:8443/cb"),
        ] {
            assert!(!differs_in_loopback_port(registered, requested), "{registered} {requested}");
        }
    }
}
