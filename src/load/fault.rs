//! Everything that can be wrong with an answer under load, one kind each, by the name that counts and reports use.

use std::borrow::Cow;
use std::fmt;

use crate::protocol::Failure;

/// Why an answer is not counted as right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A status that is neither the success asked for nor an OAuth error answer.
    Status(u16),
    /// An OAuth error answer, or an error in the redirect, by its `error`.
    OAuth(Cow<'static, str>),
    /// The body or its media type is not JSON (RFC 6749 section 5.1).
    NotJson,
    /// No `access_token` (RFC 6749 section 5.1).
    NoToken,
    /// `token_type` is missing or not `Bearer` in any case (RFC 6749 section 7.1).
    WrongTokenType,
    /// `expires_in` is there and not a positive JSON number (RFC 6749 section 5.1).
    WrongExpiry,
    /// A flow that needs a refresh token got none.
    NoRefreshToken,
    /// The refresh token that was used came back unchanged (RFC 9700 section 4.14.2).
    NotRotated,
    /// A refresh token that was already issued in this run, to whomever.
    TokenSeenTwice,
    /// An access token that was issued to another client or user in this run.
    TokenOfAnother,
    /// An authorization code that was already issued in this run (RFC 6749 section 4.1.2).
    CodeSeenTwice,
    /// A device code that was already issued in this run (RFC 8628 section 5.2).
    DeviceCodeSeenTwice,
    /// A user code that was already issued in this run and may still be good (RFC 8628 section 5.1).
    UserCodeSeenTwice,
    /// A token although no user has approved (RFC 8628 section 3.5).
    NotApproved,
    /// A token for a wrong secret (RFC 6749 section 5.2).
    SecretNotChecked,
    /// The introspection of a live token that does not say `active: true` (RFC 7662 section 2.2).
    NotActive,
    /// The introspection of a token that is not live that says `active: true` (RFC 7662 section 2.2).
    StillActive,
    /// The introspection of a token that is not live that does not say whether it is active (RFC 7662 section 2.2).
    ActiveUntold,
    /// Claims about somebody else than the token's user.
    WrongClaims,
    /// A metadata document of another issuer (RFC 8414 section 3.3).
    WrongIssuer,
    /// A key set without keys (RFC 7517 section 5).
    NoKeys,
    /// A device authorization answer without its required members (RFC 8628 section 3.2).
    NoDeviceCode,
    /// `authorization_pending` although the user had approved (RFC 8628 section 3.5).
    StillPending,
    /// The redirect carries no `code` (RFC 6749 section 4.1.2).
    NoCode,
    /// The redirect does not carry the `state` that was sent (RFC 6749 section 4.1.2).
    WrongState,
    /// The login came to a page that cannot be operated.
    LoginStuck,
    /// The login ended at a refusal.
    LoginRefused(u16),
    /// The login led to a place that is neither the provider nor the redirect URI.
    LoginLedElsewhere,
    /// The connection could not be made.
    CannotConnect,
    /// No whole answer within the plan's time-out.
    TimedOut,
    /// The connection ended before the answer did.
    BrokenConnection,
    /// The body is longer than what is read.
    TooLong,
    /// What came is not HTTP.
    NotHttp,
}

/// The `error` values of the RFCs that the flows touch; another one is shown only if it looks like one.
const KNOWN_ERRORS: [&str; 18] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "unsupported_response_type",
    "server_error",
    "temporarily_unavailable",
    "authorization_pending",
    "slow_down",
    "expired_token",
    "login_required",
    "consent_required",
    "unsupported_token_type",
    "invalid_token",
    "insufficient_scope",
];

impl Fault {
    /// The kind for an `error` that the provider sent; what it made up is not repeated, it could hold anything.
    pub fn oauth(error: &str) -> Self {
        let known = KNOWN_ERRORS.iter().find(|known| **known == error);
        Self::OAuth(Cow::Borrowed(known.copied().unwrap_or("unknown OAuth error")))
    }

    /// Whether it says that nothing answered at all.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::CannotConnect | Self::TimedOut | Self::BrokenConnection)
    }

    /// The status that goose shows beside it.
    pub fn status(&self) -> Option<u16> {
        if let Self::Status(status) | Self::LoginRefused(status) = self { Some(*status) } else { None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::OAuth(error) => f.write_str(error),
            Self::NotJson => f.write_str("not json"),
            Self::NoToken => f.write_str("no token"),
            Self::WrongTokenType => f.write_str("wrong token type"),
            Self::WrongExpiry => f.write_str("wrong expires_in"),
            Self::NoRefreshToken => f.write_str("no refresh token"),
            Self::NotRotated => f.write_str("refresh token not rotated"),
            Self::TokenSeenTwice => f.write_str("token seen twice"),
            Self::TokenOfAnother => f.write_str("token of another"),
            Self::CodeSeenTwice => f.write_str("code seen twice"),
            Self::DeviceCodeSeenTwice => f.write_str("device code seen twice"),
            Self::UserCodeSeenTwice => f.write_str("user code seen twice"),
            Self::NotApproved => f.write_str("token without approval"),
            Self::SecretNotChecked => f.write_str("wrong secret accepted"),
            Self::NotActive => f.write_str("live token not active"),
            Self::StillActive => f.write_str("dead token active"),
            Self::ActiveUntold => f.write_str("no active true or false"),
            Self::WrongClaims => f.write_str("claims of another"),
            Self::WrongIssuer => f.write_str("another issuer"),
            Self::NoKeys => f.write_str("no keys"),
            Self::NoDeviceCode => f.write_str("no device code"),
            Self::StillPending => f.write_str("pending after approval"),
            Self::NoCode => f.write_str("no code"),
            Self::WrongState => f.write_str("wrong state"),
            Self::LoginStuck => f.write_str("login stuck"),
            Self::LoginRefused(status) => write!(f, "login refused with status {status}"),
            Self::LoginLedElsewhere => f.write_str("login led elsewhere"),
            Self::CannotConnect => f.write_str("cannot connect"),
            Self::TimedOut => f.write_str("timed out"),
            Self::BrokenConnection => f.write_str("broken connection"),
            Self::TooLong => f.write_str("answer too long"),
            Self::NotHttp => f.write_str("not http"),
        }
    }
}

impl From<&Failure> for Fault {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Connect(_) => Self::CannotConnect,
            Failure::TimedOut(_) => Self::TimedOut,
            Failure::Broken(_) => Self::BrokenConnection,
            Failure::TooLong(_) => Self::TooLong,
            Failure::Malformed(_) | Failure::Unsendable(_) => Self::NotHttp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_the_provider_made_up_is_not_repeated() {
        assert_eq!(Fault::oauth("invalid_grant").to_string(), "invalid_grant");
        assert_eq!(Fault::oauth("s3cr3t-t0ken").to_string(), "unknown OAuth error");
    }

    #[test]
    fn only_what_came_to_nothing_is_silence() {
        assert!(Fault::TimedOut.is_silence() && Fault::CannotConnect.is_silence());
        assert!(!Fault::Status(500).is_silence() && !Fault::NotJson.is_silence());
    }
}
