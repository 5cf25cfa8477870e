//! Where a host lies: on this machine or beyond it.

use url::{Host, Url};

/// Whether a URL stays on this machine; names other than `localhost` and those below it (RFC 6761 section 6.3) are not resolved, they may
/// resolve differently a second later.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
