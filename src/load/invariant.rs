//! What must hold whatever the load: each invariant by its name, with the requirements that it stands for.

use super::fault::Fault;
use crate::protocol::Endpoint;
use crate::verdict::{Kind, Level, Section};

/// Builds [`Invariant`] from the table below, so that an invariant and all that reports say of it stand on one row.
macro_rules! invariants {
    ($( $name:ident: $title:literal { $( $field:ident: $value:expr, )+ } )+) => {
        /// Something that must hold over a whole run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Invariant { $( #[doc = $title] $name, )+ }

        impl Invariant {
            /// Every one, in the order of reports.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// What reports say of it.
            pub fn meaning(self) -> Meaning {
                match self { $( Self::$name => Meaning { title: $title, $( $field: $value, )+ }, )+ }
            }
        }
    };
}

/// What reports say of an invariant.
pub struct Meaning {
    /// The last part of its id.
    pub slug: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The requirement in a sentence.
    pub rule: &'static str,
    /// Catalogue entries that it stands for.
    pub requirements: &'static [&'static str],
    /// How much it obliges.
    pub level: Level,
    /// Where it stands: document and section.
    sections: &'static [(&'static str, &'static str)],
    /// What sort of fault a breach is.
    pub kind: Kind,
    /// What is allowed.
    pub expected: &'static str,
    /// What a breach is.
    pub got: &'static str,
    /// Whose answer it is.
    pub endpoint: Endpoint,
    /// What is counted where it is watched.
    pub watched: &'static str,
}

impl Meaning {
    /// Where it stands.
    pub fn sections(&self) -> Vec<Section> {
        let section =
            |(document, number): &(&str, &str)| Section { document: (*document).to_owned(), number: (*number).to_owned() };
        self.sections.iter().map(section).collect()
    }
}

invariants! {
    CodeIssuedOnce: "No authorization code is issued twice" {
        slug: "code-issued-once",
        rule: "Each approval has a code of its own",
        requirements: &["tokens-unique-per-grant", "code-entropy"],
        level: Level::Must,
        sections: &[("RFC6749", "10.10")],
        kind: Kind::Leaked,
        expected: "a code that was never issued before",
        got: "a code that was issued before in this run",
        endpoint: Endpoint::Authorization,
        watched: "codes",
    }
    RefreshTokenIssuedOnce: "No refresh token is issued twice" {
        slug: "refresh-token-issued-once",
        rule: "Each grant and each rotation has a refresh token of its own",
        requirements: &["tokens-unique-per-grant", "refresh-token-entropy"],
        level: Level::Must,
        sections: &[("RFC6749", "10.10")],
        kind: Kind::Leaked,
        expected: "a refresh token that was never issued before",
        got: "a refresh token that was issued before in this run",
        endpoint: Endpoint::Token,
        watched: "refresh tokens",
    }
    DeviceCodeIssuedOnce: "No device code is issued twice" {
        slug: "device-code-issued-once",
        rule: "Each device authorization has a device code of its own",
        requirements: &["device-codes-unique-and-strong"],
        level: Level::Must,
        sections: &[("RFC8628", "5.2")],
        kind: Kind::Leaked,
        expected: "a device code that was never issued before",
        got: "a device code that was issued before in this run",
        endpoint: Endpoint::DeviceAuthorization,
        watched: "device codes",
    }
    UserCodeIssuedOnce: "No user code is issued twice while it may be good" {
        slug: "user-code-issued-once",
        rule: "A user code names one device among all that wait",
        requirements: &["device-codes-unique-and-strong", "device-user-code-entropy"],
        level: Level::Must,
        sections: &[("RFC8628", "3.2"), ("RFC8628", "5.1")],
        kind: Kind::Leaked,
        expected: "a user code that no other device has",
        got: "a user code that was issued before in this run",
        endpoint: Endpoint::DeviceAuthorization,
        watched: "user codes",
    }
    AccessTokenForOne: "No access token goes to two clients or users" {
        slug: "access-token-for-one",
        rule: "Separate grants yield separate credentials",
        requirements: &["tokens-unique-per-grant", "access-token-entropy"],
        level: Level::Must,
        sections: &[("RFC6749", "10.10"), ("RFC6749", "10.3")],
        kind: Kind::Leaked,
        expected: "an access token that nobody else has",
        got: "an access token that another client or user was given in this run",
        endpoint: Endpoint::Token,
        watched: "access tokens",
    }
    TokenOfWhoAsked: "A token is the client's and the user's who asked for it" {
        slug: "token-of-who-asked",
        rule: "A token stands for the client that it was issued to and the user who approved",
        requirements: &["authz-code-approving-user", "introspect-values-consistent"],
        level: Level::Must,
        sections: &[("RFC6749", "10.5"), ("RFC7662", "2.2")],
        kind: Kind::Leaked,
        expected: "a token of this client and this user",
        got: "a token of somebody else",
        endpoint: Endpoint::Token,
        watched: "access tokens",
    }
    SignedByPublishedKey: "A signed token is signed by a key of the provider's set" {
        slug: "signed-by-published-key",
        rule: "Whoever reads the provider's key set can verify its tokens",
        requirements: &["metadata-jwks-uri"],
        level: Level::Must,
        sections: &[("RFC8414", "2"), ("RFC9068", "4")],
        kind: Kind::Malformed,
        expected: "a signature by a key of the published set",
        got: "a signature that no key of the published set made",
        endpoint: Endpoint::Token,
        watched: "signed tokens",
    }
    RotatedTokenDead: "A rotated refresh token is dead" {
        slug: "rotated-token-dead",
        rule: "After rotation the previous token no longer works",
        requirements: &["refresh-rotated-token-invalid"],
        level: Level::Must,
        sections: &[("RFC9700", "4.14.2")],
        kind: Kind::Accepted,
        expected: "invalid_grant for a refresh token that was replaced",
        got: "tokens for a refresh token that was replaced",
        endpoint: Endpoint::Token,
        watched: "replaced refresh tokens",
    }
    RaceHasOneWinner: "Two refreshes at once with one token bring one chain at most" {
        slug: "race-has-one-winner",
        rule: "Rotation holds under simultaneous use",
        requirements: &["refresh-concurrent-use", "refresh-rotated-token-invalid"],
        level: Level::Must,
        sections: &[("RFC9700", "4.14.2")],
        kind: Kind::Accepted,
        expected: "one chain at most to live on",
        got: "two refresh tokens for one, which both work",
        endpoint: Endpoint::Token,
        watched: "races",
    }
    CodeWorthOneToken: "A code is worth one token" {
        slug: "code-worth-one-token",
        rule: "A code works once",
        requirements: &["code-single-use"],
        level: Level::Must,
        sections: &[("RFC6749", "4.1.2")],
        kind: Kind::Accepted,
        expected: "invalid_grant for a code that was redeemed in this run",
        got: "tokens for a code that was redeemed before",
        endpoint: Endpoint::Token,
        watched: "codes",
    }
    DeviceCodeWorthOneToken: "A device code is worth one token" {
        slug: "device-code-worth-one-token",
        rule: "A device code is redeemed once",
        requirements: &["device-code-single-use"],
        level: Level::Must,
        sections: &[("RFC6749", "5.2"), ("RFC8628", "3.5")],
        kind: Kind::Accepted,
        expected: "invalid_grant or expired_token for a device code that was redeemed in this run",
        got: "tokens for a device code that was redeemed before",
        endpoint: Endpoint::Token,
        watched: "device codes",
    }
    NoTokenWithoutApproval: "A device has no token before a user approves" {
        slug: "no-token-without-approval",
        rule: "Before the decision polling gives authorization_pending, and after a denial access_denied",
        requirements: &["device-poll-pending", "device-denied"],
        level: Level::Must,
        sections: &[("RFC8628", "3.5")],
        kind: Kind::Accepted,
        expected: "no token for a device code that nobody approved",
        got: "tokens for a device code that nobody approved",
        endpoint: Endpoint::Token,
        watched: "polls",
    }
    SlowDownWhereDue: "A device that polls faster than its interval is told to slow down" {
        slug: "slow-down-where-due",
        rule: "Polling faster than the interval is answered with slow_down",
        requirements: &["device-poll-slow-down"],
        level: Level::Should,
        sections: &[("RFC8628", "3.5")],
        kind: Kind::Malformed,
        expected: "slow_down for one of several polls within the interval",
        got: "authorization_pending for each of them",
        endpoint: Endpoint::Token,
        watched: "storms of polls",
    }
    WrongSecretRefused: "A wrong secret is refused" {
        slug: "wrong-secret-refused",
        rule: "Wrong secrets fail as invalid_client",
        requirements: &["client-auth-wrong-secret-rejected"],
        level: Level::Must,
        sections: &[("RFC6749", "5.2")],
        kind: Kind::Accepted,
        expected: "invalid_client",
        got: "tokens for a wrong secret",
        endpoint: Endpoint::Token,
        watched: "wrong secrets",
    }
    LiveTokenActive: "A live token is active" {
        slug: "live-token-active",
        rule: "A valid token is reported with active true in a JSON object",
        requirements: &["introspect-active-token"],
        level: Level::Must,
        sections: &[("RFC7662", "2.2")],
        kind: Kind::Refused,
        expected: "active: true for a token that is neither expired nor revoked",
        got: "something else",
        endpoint: Endpoint::Introspection,
        watched: "introspections",
    }
    DeadTokenInactive: "A token that is expired, revoked or made up is not active" {
        slug: "dead-token-inactive",
        rule: "Revoked, expired and unknown tokens are inactive",
        requirements: &["introspect-revoked-inactive", "introspect-expired-inactive", "introspect-unknown-inactive"],
        level: Level::Must,
        sections: &[("RFC7662", "2.2"), ("RFC7662", "4")],
        kind: Kind::Accepted,
        expected: "active: false for a token that is expired, revoked or was never issued",
        got: "active: true",
        endpoint: Endpoint::Introspection,
        watched: "introspections",
    }
    RevokedTokenDead: "A token that was revoked under load is dead" {
        slug: "revoked-token-dead",
        rule: "A revoked token is inactive at once",
        requirements: &["revoke-access-token", "introspect-revoked-inactive"],
        level: Level::Must,
        sections: &[("RFC7009", "2"), ("RFC7662", "4")],
        kind: Kind::Ineffective,
        expected: "active: false for a token whose revocation was answered with 200",
        got: "active: true",
        endpoint: Endpoint::Introspection,
        watched: "revoked tokens",
    }
}

impl Invariant {
    /// The id of its finding.
    pub fn id(self) -> String {
        format!("load/{}", self.meaning().slug)
    }

    /// Whether it is about what is issued once, which a generator sees of what it remembers.
    pub fn is_issued_once(self) -> bool {
        matches!(
            self,
            Self::CodeIssuedOnce
                | Self::RefreshTokenIssuedOnce
                | Self::DeviceCodeIssuedOnce
                | Self::UserCodeIssuedOnce
                | Self::AccessTokenForOne
        )
    }

    /// The invariant that an answer with this fault breaks.
    pub fn broken_by(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::TokenSeenTwice => Some(Self::RefreshTokenIssuedOnce),
            Fault::CodeSeenTwice => Some(Self::CodeIssuedOnce),
            Fault::DeviceCodeSeenTwice => Some(Self::DeviceCodeIssuedOnce),
            Fault::UserCodeSeenTwice => Some(Self::UserCodeIssuedOnce),
            Fault::TokenOfAnother => Some(Self::AccessTokenForOne),
            Fault::WrongClaims => Some(Self::TokenOfWhoAsked),
            Fault::NotApproved => Some(Self::NoTokenWithoutApproval),
            Fault::SecretNotChecked => Some(Self::WrongSecretRefused),
            Fault::NotActive => Some(Self::LiveTokenActive),
            Fault::StillActive => Some(Self::DeadTokenInactive),
            Fault::Status(_)
            | Fault::OAuth(_)
            | Fault::NotJson
            | Fault::NoToken
            | Fault::WrongTokenType
            | Fault::WrongExpiry
            | Fault::NoRefreshToken
            | Fault::NotRotated
            | Fault::ActiveUntold
            | Fault::NoDeviceCode
            | Fault::StillPending
            | Fault::NoCode
            | Fault::WrongState
            | Fault::WrongIssuer
            | Fault::NoKeys
            | Fault::LoginStuck
            | Fault::LoginRefused(_)
            | Fault::LoginLedElsewhere
            | Fault::CannotConnect
            | Fault::TimedOut
            | Fault::BrokenConnection
            | Fault::TooLong
            | Fault::NotHttp => None,
        }
    }
}
