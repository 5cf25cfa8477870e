//! Where an answer leads: to the errand's end, on through the provider, or to a stranger.

use url::Url;

use super::sighting::{Channel, End};
use crate::protocol::host::is_loopback;
use crate::protocol::vault::SECRET_MEMBERS;
use crate::protocol::{Body, Params, Request, Secret};
use crate::wire::Tape;

/// The borders of a walk.
pub(super) struct Territory {
    start: Url,
    stops: Vec<Url>,
}

/// What lies where a request would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the redirect URIs of the errand.
    Stop,
    /// A page to go on with.
    Provider,
    /// Anything else: a stranger's, a client's, another program's.
    Outside,
}

impl Territory {
    /// Stops that are no absolute URLs never match.
    pub(super) fn new(start: &Url, stops: &[&str]) -> Self {
        Self { start: start.clone(), stops: stops.iter().filter_map(|stop| Url::parse(stop).ok()).collect() }
    }

    /// Whether this is the endpoint where the walk began, which a login page leads back to.
    pub(super) fn is_start(&self, url: &Url) -> bool {
        same_place(url, &self.start)
    }

    /// What lies at `url`.
    ///
    /// Real providers put their login pages on hosts of their own, so any host is followed but those that stand for
    /// clients and attackers: hosts of redirect URIs and the names that RFC 2606 keeps out of the real world, unless the
    /// provider itself lives there.
    pub(super) fn place(&self, url: &Url) -> Place {
        if self.stops.iter().any(|stop| same_place(url, stop)) {
            return Place::Stop;
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Place::Outside;
        }
        if url.origin() == self.start.origin() {
            return Place::Provider;
        }
        let of_client = self.stops.iter().any(|stop| {
            stop.origin() == url.origin()
                || (stop.host_str() == url.host_str() && !is_loopback(url))
                // RFC 8252 section 7.3 frees the port of a loopback redirect URI.
                || (is_loopback(stop) && is_loopback(url) && stop.path() == url.path())
        });
        if of_client || (is_reserved(url) && !is_neighbour(url, &self.start)) { Place::Outside } else { Place::Provider }
    }
}

impl Territory {
    /// The end of a walk that leads to this URL, with an answer that this tape does not show; none where it is a page to go on with.
    pub(super) fn end_at(
        &self,
        tape: &Tape,
        location: Url,
        raw: String,
        status: u16,
        (channel, params): (Channel, Params),
    ) -> Option<End> {
        let place = self.place(&location);
        if place != Place::Provider {
            let secrets = params.0.iter().filter(|(name, _)| SECRET_MEMBERS.contains(&name.as_str()));
            tape.learn(&secrets.map(|(name, value)| Secret::of_member(name, value)).collect::<Vec<_>>());
        }
        match place {
            Place::Provider => None,
            Place::Stop => Some(End::Redirected { location, raw, status, channel, params }),
            Place::Outside => Some(End::Outside { location, raw, status, channel, params }),
        }
    }
}

/// Scheme, authority and path are equal; query and fragment are the answer's own.
fn same_place(left: &Url, right: &Url) -> bool {
    left.scheme() == right.scheme()
        && left.username() == right.username()
        && left.password() == right.password()
        && left.host_str() == right.host_str()
        && left.port_or_known_default() == right.port_or_known_default()
        && left.path() == right.path()
}

/// Whether both hosts lie in the same domain: `login.corp.test` and `auth.corp.test`.
fn is_neighbour(url: &Url, start: &Url) -> bool {
    let (Some(host), Some(start)) = (url.domain(), start.domain()) else { return false };
    let domain = match start.split_once('.') {
        Some((_, parent)) if parent.contains('.') => parent,
        Some(_) | None => start,
    };
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn is_reserved(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    ["example", "invalid", "test"].iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
        || ["example.com", "example.net", "example.org"].iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// The channel that a URL's parameters travel in: where an answer stands, else the query.
pub(super) fn answer_of(url: &Url) -> (Channel, Params) {
    const ANSWERS: [&str; 5] = ["code", "error", "access_token", "id_token", "response"];
    let (query, fragment) = (Params::of_query(url), Params::of_fragment(url));
    let answers = |params: &Params| ANSWERS.iter().any(|name| params.count(name) > 0);
    if !answers(&query) && (answers(&fragment) || fragment.count("state") > 0) {
        (Channel::Fragment, fragment)
    } else {
        (Channel::Query, query)
    }
}

/// The parameters that a request would hand to its target.
pub(super) fn answer_in(request: &Request) -> (Channel, Params) {
    match &request.body {
        Body::Form(entries) => {
            (Channel::FormPost, Params(entries.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()))
        }
        Body::Empty | Body::Raw { .. } => answer_of(&request.target()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_in_a_reserved_domain_may_send_its_users_to_its_neighbours_and_to_nobody_else() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let territory = Territory::new(&url("https://auth.corp.test/authorize"), &["https://app.corp.test/cb"]);
        for (to, place) in [
            ("https://login.corp.test/", Place::Provider),
            ("https://corp.test/", Place::Provider),
            ("https://app.corp.test/elsewhere", Place::Outside),
            ("https://evilcorp.test/", Place::Outside),
            ("https://evil.example/cb", Place::Outside),
            ("https://login.vendor.com/", Place::Provider),
        ] {
            assert_eq!(territory.place(&url(to)), place, "{to}");
        }
        let territory = Territory::new(&url("https://as.example/authorize"), &[]);
        assert_eq!(territory.place(&url("https://client.example/cb")), Place::Outside);
    }
}
