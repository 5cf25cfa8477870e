//! Bugs of the refresh grant: rotation, reuse, binding and scope.

table! { Refresh;
    /// Answers a refresh with the access token that is there already.
    ReturnsOldAccessToken violates ["refresh-success"];
    /// Answers a refresh without `refresh_token` with status 500.
    CrashesOnMissingRefreshToken violates ["refresh-missing-token"];
    /// Reads a refresh token without checking all of it: cut short, or with one character changed, it still works.
    AcceptsDamagedRefreshTokens violates ["refresh-unknown-token"];
    /// Refreshes for a confidential client that only names itself.
    RefreshesWithoutClientAuth violates ["refresh-requires-client-auth"];
    /// Refreshes any client's token for a confidential client.
    RefreshesForOtherClients violates ["refresh-bound-to-client"];
    /// Refreshes any client's token for a public client.
    RefreshesForOtherPublicClients violates ["refresh-bound-to-public-client"];
    /// Grants on refresh whatever scope the client may have, granted before or not.
    WidensScopeOnRefresh violates ["refresh-scope-widening-rejected"];
    /// Ignores `scope` on refresh and does not say so.
    IgnoresScopeOnRefresh violates ["refresh-scope-narrowing"];
    /// Answers the first refresh without `scope` with a default scope in place of the granted one.
    FallsBackToDefaultScope violates ["refresh-scope-omitted-keeps-original"];
    /// Lets the rotated refresh token inherit a narrowed scope.
    RatchetsScopeDown violates ["refresh-narrowing-does-not-stick"];
    /// Gives public clients the same refresh token for ever.
    NeverRotatesForPublicClients violates ["refresh-rotation-for-public-client"];
    /// Leaves the old refresh token valid after rotation.
    KeepsRotatedTokenValid violates ["refresh-rotated-token-invalid", "refresh-concurrent-use"];
    /// Refuses the reuse of the latest rotated refresh token but leaves the newest one valid.
    KeepsFamilyAfterReuse violates ["refresh-reuse-revokes-family"];
    /// Revokes the family only when the immediate predecessor is reused, not an older one.
    ForgetsOlderAncestors violates ["refresh-reuse-revokes-deep-family"];
    /// Revokes the refresh tokens of a reused family but leaves its access tokens alive.
    KeepsAccessTokensAfterReuse violates ["refresh-reuse-revokes-access-tokens"];
    /// Checks a refresh token first and rotates it a moment later, so that parallel refreshes all succeed.
    RacesRefreshRotation violates ["refresh-concurrent-use"];
    /// Lets a refresh token open the userinfo endpoint.
    AcceptsRefreshTokenAsBearer violates ["refresh-token-only-at-as"];
}
