//! Bugs of the introspection endpoint: whom it answers, and how true the answer is.

table! { Introspection;
    /// Sends `active` as the string "true".
    SendsActiveAsString violates ["introspect-active-token"];
    /// Answers 404 to the introspection of a token it does not know.
    AnswersUnknownTokenWith404 violates ["introspect-unknown-inactive"];
    /// Reports expired access tokens as active.
    IgnoresExpiryAtIntrospection violates ["introspect-expired-inactive"];
    /// Reports revoked access tokens as active.
    IgnoresRevocationAtIntrospection violates ["introspect-revoked-inactive"];
    /// Tells scope, subject and client of a token that is no longer active.
    LeaksDetailsOfInactiveTokens violates ["introspect-inactive-no-details"];
    /// Answers an introspection that carries no credentials at all.
    IntrospectsForAnyone violates ["introspect-requires-authorization"];
    /// Takes the `client_id` of a public client for an authorization to introspect.
    IntrospectsForPublicClients violates ["introspect-public-client-id-insufficient"];
    /// Answers wrong credentials with `active: false`.
    AnswersWrongCredentialsWithInactive violates ["introspect-invalid-credentials-401"];
    /// Answers an introspection that names no token with status 500.
    CrashesOnIntrospectionOfNothing violates ["introspect-missing-token-param"];
    /// Introspects a token only where a known hint says.
    LooksUpHintedTypeOnly violates ["introspect-wrong-hint"];
    /// Answers `active: false` when it does not know the hint.
    TurnsUnknownHintInactive violates ["introspect-unknown-hint"];
    /// Sends `nbf` as a string.
    SendsNbfAsString violates ["introspect-member-types"];
    /// Gives the caller's `client_id` in place of the token's.
    NamesCallerAsClient violates ["introspect-values-consistent"];
}
