//! The steps of flows that are measured.

/// A step within a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A device authorization request.
    Authorization,
    /// A device's poll before a user decided, or sooner than it was told to: it is told to wait.
    Poll,
    /// A whole walk from the authorization endpoint through login and consent to the redirect.
    Login,
    /// A user's walk from the verification page to the end of the approval.
    Approval,
    /// A user's walk from the verification page to the end of the denial.
    Denial,
    /// A request to the token endpoint that has to be refused.
    Refusal,
    /// One of two requests to the token endpoint at the same time, with one refresh token.
    Race,
    /// A request to the token endpoint.
    Token,
    /// A request to the introspection endpoint.
    Introspection,
    /// A request to the revocation endpoint.
    Revocation,
    /// A request to a protected resource.
    Userinfo,
    /// A request for the metadata document.
    Metadata,
    /// A request for the key set.
    Jwks,
}

impl Step {
    /// Every step, in the order of a flow.
    pub const ALL: [Self; 13] = [
        Self::Authorization,
        Self::Poll,
        Self::Login,
        Self::Approval,
        Self::Denial,
        Self::Refusal,
        Self::Race,
        Self::Token,
        Self::Introspection,
        Self::Revocation,
        Self::Userinfo,
        Self::Metadata,
        Self::Jwks,
    ];

    /// The name that plans and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Poll => "poll",
            Self::Login => "login",
            Self::Approval => "approval",
            Self::Denial => "denial",
            Self::Refusal => "refusal",
            Self::Race => "race",
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::Userinfo => "userinfo",
            Self::Metadata => "metadata",
            Self::Jwks => "jwks",
        }
    }

    /// What goose calls the method of its requests; a walk has several.
    pub fn method(self) -> &'static str {
        match self {
            Self::Login | Self::Approval | Self::Denial => "WALK",
            Self::Userinfo | Self::Metadata | Self::Jwks => "GET",
            Self::Authorization
            | Self::Poll
            | Self::Refusal
            | Self::Race
            | Self::Token
            | Self::Introspection
            | Self::Revocation => "POST",
        }
    }
}
