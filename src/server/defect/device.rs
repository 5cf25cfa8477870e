//! Bugs of the device grant: its authorization endpoint, its verification page and the poll.

table! { Device;
    /// Leaves `expires_in` out of the device authorization answer.
    OmitsDeviceExpiresIn violates ["device-authz-success-members"];
    /// Leaves `Cache-Control: no-store` out of the device authorization answer.
    OmitsNoStoreAtDeviceAuthorization violates ["device-authz-cache-no-store"];
    /// Issues device codes to a GET.
    ServesGetAtDeviceAuthorization violates ["device-authz-post-only"];
    /// Issues a device code when `client_id` is missing.
    IssuesDeviceCodesToNobody violates ["device-authz-missing-client-id"];
    /// Issues a device code to a client it does not know.
    IssuesDeviceCodesToUnknownClients violates ["device-authz-unknown-client"];
    /// Issues device codes to confidential clients that do not authenticate.
    SkipsClientAuthAtDeviceAuthorization violates ["device-authz-client-auth-required"];
    /// Issues device codes to clients that are not registered for the grant.
    OpensDeviceGrantToEveryClient violates ["device-authz-unauthorized-client"];
    /// Answers 404 at the verification URI unless the code is in it.
    LosesVerificationPage violates ["device-verification-uri-usable"];
    /// Lets anyone who knows the user code approve it, logged in or not.
    ApprovesDeviceWithoutLogin violates ["device-verification-needs-login"];
    /// Approves the device as soon as a logged-in user opens the complete verification URI.
    ApprovesDeviceOnOpening violates ["device-verification-uri-complete-no-auto-approve"];
    /// Does not show the user code on the confirmation that follows the complete verification URI.
    HidesUserCode violates ["device-verification-uri-complete-shows-code"];
    /// Sends the verification pages without any protection against framing.
    OmitsFramingProtectionOnDevicePages violates ["device-verification-framing-protection"];
    /// Answers `invalid_grant` to the first poll of a device that waited its interval, while the user has not decided.
    AnswersPendingWithInvalidGrant violates ["device-poll-pending"];
    /// Never answers `slow_down`.
    IgnoresPollInterval violates ["device-poll-slow-down"];
    /// Lets the required gap grow by a minute on each `slow_down`.
    OverstretchesInterval violates ["device-slow-down-adds-five-seconds"];
    /// Counts the interval from the issue of the code and slows the first poll down while the user has not decided.
    ThrottlesFirstPoll violates ["device-first-poll-not-throttled"];
    /// Keeps answering `authorization_pending` after the user has approved.
    NeverHandsOverApprovedToken violates ["device-approved-token"];
    /// Keeps answering `authorization_pending` after the user has denied.
    KeepsDeniedDevicePending violates ["device-denied"];
    /// Lets device codes live for ever.
    NeverExpiresDeviceCodes violates ["device-expired-token"];
    /// Issues a token for an approved device code again and again.
    AcceptsReusedDeviceCode violates ["device-code-single-use"];
    /// Issues the token of a device code to any client.
    RedeemsDeviceCodesOfOtherClients violates ["device-code-bound-to-client"];
    /// Takes the user code for the device code.
    AcceptsUserCodeAsDeviceCode violates ["device-unknown-code"];
    /// Answers polls that name no client.
    AnswersPollsOfNobody violates ["device-token-missing-params"];
    /// Answers polls of a confidential client that does not authenticate.
    SkipsClientAuthAtPoll violates ["device-token-client-auth"];
    /// Lists the device authorization endpoint in its metadata, but not the grant type.
    OmitsDeviceGrantFromMetadata violates ["device-metadata"];
    /// Knows a user code only in capitals and with its dash.
    ComparesUserCodeLiterally violates ["device-user-code-input-tolerant"];
}
