//! The steps of flows that are measured.

/// A step within a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A device authorization request.
    Authorization,
    /// A whole walk from the authorization endpoint through login and consent to the redirect.
    Login,
    /// A user's walk from the verification page to the end of the approval.
    Approval,
    /// A request to the token endpoint.
    Token,
}

impl Step {
    /// Every step, in the order of a flow.
    pub const ALL: [Self; 4] = [Self::Authorization, Self::Login, Self::Approval, Self::Token];

    /// The name that plans and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Login => "login",
            Self::Approval => "approval",
            Self::Token => "token",
        }
    }
}
