//! What a walk through a provider's pages is for, and where it stops.

use crate::protocol::{Request, Secret};

/// What the user answers when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The user lets the client, or the device, in.
    Approve,
    /// The user says no.
    Deny,
}

/// Where a walk stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop<'a> {
    /// Where a `Location`, or a page that submits itself, leads to one of these redirect URIs: scheme, authority and path
    /// are equal (RFC 6749 section 3.1.2). It is never fetched.
    RedirectUri(&'a [&'a str]),
    /// At the page that follows the decision: the device flow (RFC 8628 section 3.3).
    Decision,
    /// At the page that asks for the decision, which is not answered; or at a redirect to one of these URIs, never fetched.
    Asked(&'a [&'a str]),
}

impl<'a> Stop<'a> {
    /// The redirect URIs at which it stops.
    pub fn uris(self) -> &'a [&'a str] {
        match self {
            Self::RedirectUri(uris) | Self::Asked(uris) => uris,
            Self::Decision => &[],
        }
    }
}

/// One walk: a user at a browser with an end in mind.
#[derive(Clone, Debug)]
pub struct Errand<'a> {
    /// The first request: of the authorization endpoint or of a verification page, GET or POST.
    pub start: Request,
    /// Where it ends.
    pub stop_at: Stop<'a>,
    /// The user's name at the provider.
    pub username: &'a str,
    /// The user's password.
    pub password: &'a Secret,
    /// The code to type at a verification page (RFC 8628 section 3.3).
    pub user_code: Option<&'a Secret>,
    /// What the user answers when asked.
    pub decision: Decision,
}
