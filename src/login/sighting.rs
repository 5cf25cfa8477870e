//! What a walk saw, in order, and how it ended: plain facts for checks to judge. Nothing here prints a code, a token or a password.

use std::fmt;

use url::Url;

use super::form::Page;
use crate::protocol::{Failure, Method, Params, Request, Response, Secret};

/// How an authorization response travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// In the query of the redirect URI (RFC 6749 section 4.1.2).
    Query,
    /// In its fragment (RFC 6749 section 4.2.2).
    Fragment,
    /// As a form that the page posts to it (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl Channel {
    /// The channel's `response_mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

/// What an answer on the way was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A redirect, by `Location` (3xx, or 202) or by a JSON member that names the next URL.
    Redirect {
        /// Where it leads.
        to: Url,
    },
    /// A page that asks who the user is: user name, password, or both.
    LoginPage,
    /// A page that asks for the decision.
    ConsentPage,
    /// A page that asks for the user code (RFC 8628 section 3.3).
    UserCodePage,
    /// A page that goes on by itself: a form that submits itself, or a refresh.
    RelayPage,
    /// Anything else below 400.
    OtherPage,
    /// An answer of 400 or more that asks nothing.
    ErrorPage,
}

/// One request on the way and its answer.
#[derive(Clone)]
pub struct Hop {
    /// The URL asked for.
    pub url: Url,
    /// The method it was asked with.
    pub method: Method,
    /// The status of the answer.
    pub status: u16,
    /// What the answer was for.
    pub role: Role,
    /// The request as it was sent, cookies included.
    pub request: Request,
    /// The answer as it came.
    pub response: Response,
}

impl Hop {
    /// The answer's page: its forms, links and texts.
    pub fn page(&self) -> Page {
        Page::read(&self.url, &self.response)
    }

    /// Whether the answer holds a page.
    pub fn is_page(&self) -> bool {
        !matches!(self.role, Role::Redirect { .. }) && self.response.says_html()
    }

    /// Whether the request's body carried this secret: a redirect of 307 or 308 would hand it on (RFC 9700 section 4.12).
    pub fn carried(&self, secret: &Secret) -> bool {
        use crate::protocol::Body;
        match &self.request.body {
            Body::Empty => false,
            Body::Form(form) => form.iter().any(|(_, value)| value.expose() == secret.expose()),
            Body::Raw { octets, .. } => String::from_utf8_lossy(octets).contains(secret.expose()),
        }
    }
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.role {
            Role::Redirect { .. } => "redirect",
            Role::LoginPage => "login page",
            Role::ConsentPage => "consent page",
            Role::UserCodePage => "user code page",
            Role::RelayPage => "page that goes on by itself",
            Role::OtherPage => "other page",
            Role::ErrorPage => "error page",
        };
        write!(f, "{} {} -> {} {kind}", self.method.as_str(), bare(&self.url), self.status)
    }
}

/// How a walk ended.
#[derive(Clone)]
pub enum End {
    /// At one of the redirect URIs that the errand named, which was not fetched.
    Redirected {
        /// Where the answer led.
        location: Url,
        /// The `Location`, or the form's action, as it was sent.
        raw: String,
        /// The status of the answer that led there: 200 for a form that submits itself or a JSON member.
        status: u16,
        /// How the parameters travel.
        channel: Channel,
        /// The parameters of that channel.
        params: Params,
    },
    /// At a URL that belongs neither to the provider nor to the errand, which was not fetched.
    Outside {
        /// Where the answer led.
        location: Url,
        /// The `Location`, or the form's action, as it was sent.
        raw: String,
        /// The status of the answer that led there.
        status: u16,
        /// How the parameters travel.
        channel: Channel,
        /// The parameters of that channel: a code here was given to a stranger.
        params: Params,
    },
    /// At the page where the errand ends: the one after the decision, the one that asks for it, or the first page of a [`look`](super::look).
    Finished,
    /// At an answer of 4xx with nothing to operate.
    Refused {
        /// The status.
        status: u16,
    },
    /// At an answer that cannot be operated.
    Stuck {
        /// What stood in the way, in words for a reader.
        why: String,
    },
    /// At an answer of 5xx.
    Crashed {
        /// The status.
        status: u16,
    },
    /// At a request without an answer.
    Failed(Failure),
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl End {
    /// The end in words for the *got* line of a violation.
    pub fn describe(&self) -> String {
        match self {
            Self::Redirected { location, channel, params, .. } => {
                format!("redirected to {} {}", bare(location), carried(*channel, params))
            }
            Self::Outside { location, channel, params, .. } => {
                format!("sent to {}, outside of the provider, {}", bare(location), carried(*channel, params))
            }
            Self::Finished => "a page, as expected".to_owned(),
            Self::Refused { status } => format!("refused with status {status}"),
            Self::Stuck { why } => format!("stuck: {why}"),
            Self::Crashed { status } => format!("the server failed with status {status}"),
            Self::Failed(failure) => format!("no answer: {failure}"),
        }
    }
}

/// What a walk saw.
#[derive(Clone)]
pub struct Sighting {
    /// Every answer on the way, in order.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub end: End,
}

impl fmt::Debug for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sighting").field("hops", &self.hops).field("end", &self.end).finish()
    }
}

impl Sighting {
    /// The parameters of the authorization response, if the walk ended at a redirect URI of the errand.
    pub fn params(&self) -> Option<&Params> {
        match &self.end {
            End::Redirected { params, .. } => Some(params),
            End::Outside { .. }
            | End::Finished
            | End::Refused { .. }
            | End::Stuck { .. }
            | End::Crashed { .. }
            | End::Failed(_) => None,
        }
    }

    /// Where the walk was sent at its end, to a redirect URI of the errand or to a stranger.
    pub fn location(&self) -> Option<&Url> {
        match &self.end {
            End::Redirected { location, .. } | End::Outside { location, .. } => Some(location),
            End::Finished | End::Refused { .. } | End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => None,
        }
    }

    /// What was seen, in words for the *got* line of a violation. Never a code, a token or a password.
    pub fn describe(&self) -> String {
        match (&self.end, self.last()) {
            (End::Finished, Some(hop)) => format!("status {} with {}", hop.status, hop.page().name()),
            (End::Refused { status }, Some(hop)) if hop.is_page() => {
                format!("refused with status {status}, {}", hop.page().name())
            }
            (end, _) => end.describe(),
        }
    }

    /// The pages on the way, in order.
    pub fn pages(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.is_page())
    }

    /// The redirects on the way, in order.
    pub fn redirects(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| matches!(hop.role, Role::Redirect { .. }))
    }

    /// Whether a page asked who the user is.
    pub fn asked_login(&self) -> bool {
        self.hops.iter().any(|hop| hop.role == Role::LoginPage)
    }

    /// Whether a page asked for the decision.
    pub fn asked_consent(&self) -> bool {
        self.hops.iter().any(|hop| hop.role == Role::ConsentPage)
    }

    /// The last answer, if any came.
    pub fn last(&self) -> Option<&Hop> {
        self.hops.last()
    }
}

/// A URL without query and fragment, which may hold secrets.
fn bare(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    bare.to_string()
}

/// What a response carries: the error by its code, anything else by its name.
fn carried(channel: Channel, params: &Params) -> String {
    let what = if let Some(error) = params.get("error") {
        format!("with error={}", error.chars().filter(|c| !c.is_control()).take(60).collect::<String>())
    } else {
        let mut names: Vec<&str> =
            ["code", "access_token", "id_token", "response"].into_iter().filter(|name| params.count(name) > 0).collect();
        match names.pop() {
            None => "with neither code nor error".to_owned(),
            Some(last) if names.is_empty() => format!("with {last}"),
            Some(last) => format!("with {} and {last}", names.join(", ")),
        }
    };
    match channel {
        Channel::Query => what,
        Channel::Fragment => format!("{what} in the fragment"),
        Channel::FormPost => format!("{what} by form post"),
    }
}
