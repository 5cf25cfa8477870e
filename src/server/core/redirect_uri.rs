//! Which redirect URIs count as registered: the same string, but for the port of a native app's loopback URI.

use crate::server::config::ClientConfig;

/// Whether the client may be answered at this URI (RFC 9700 section 4.1.3, RFC 8252 section 7.3).
pub fn is_registered(client: &ClientConfig, requested: &str) -> bool {
    client.redirect_uris.iter().any(|registered| registered == requested || differs_in_loopback_port(registered, requested))
}

/// A loopback IP literal that is registered without a port is good with every port; one registered with a port is not.
fn differs_in_loopback_port(registered: &str, requested: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].into_iter().any(|origin| {
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
    use super::differs_in_loopback_port;

    #[test]
    fn the_port_of_a_loopback_literal_is_free_when_none_is_registered() {
        assert!(differs_in_loopback_port("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
        assert!(differs_in_loopback_port("http://[::1]/cb", "http://[::1]:51004/cb"));
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
