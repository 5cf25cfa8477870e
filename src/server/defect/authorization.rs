//! Bugs of the authorization endpoint and its pages: what it refuses, what it echoes, and how it sends the browser back.

table! { Authorization;
    /// Answers `invalid_request` to an authorization request that carries a parameter it does not know.
    RejectsUnknownParameters violates ["authz-unknown-param-ignored"];
    /// Takes an authorization request without `response_type` for a code request.
    TreatsMissingResponseTypeAsCode violates ["authz-missing-response-type"];
    /// Takes a `response_type` it has never heard of for `code`.
    TreatsUnknownResponseTypeAsCode violates ["authz-unknown-response-type"];
    /// Sends the error for a missing `client_id` to whatever `redirect_uri` the request names.
    RedirectsWithoutClientId violates ["authz-missing-client-id-no-redirect"];
    /// Sends the error for an unknown `client_id` to the `redirect_uri` of the request.
    RedirectsUnknownClients violates ["authz-unknown-client-id-no-redirect"];
    /// Looks at the redirect URI only after the login, and then sends the error to the very URI it refuses (on a host that no client has registered).
    RedirectsErrorsToUncheckedUri violates ["authz-unregistered-redirect-uri-no-redirect"];
    /// Takes the last of several `state` values and goes on.
    LetsLastStateWin violates ["authz-duplicate-state-rejected"];
    /// Puts `code` and `state` behind the `#` of the redirect URI.
    SendsCodeInFragment violates ["authz-success-code-in-query"];
    /// Appends `state` twice to the response.
    RepeatsState violates ["authz-response-params-once"];
    /// Decodes `state` a second time before it echoes it, so that `%2B` turns into a plus and a plus into a space.
    DecodesStateTwice violates ["authz-state-echo-exact"];
    /// Leaves `state` out of the errors that the validation of the request raises.
    DropsStateOnError violates ["authz-state-echo-on-error"];
    /// Shows a page of its own when the user denies, and never tells the client.
    EndsDenialOnLocalPage violates ["authz-denied-access-denied"];
    /// Sends the browser to the client with status 307, which repeats the form with its password.
    RedirectsWith307 violates ["authz-response-redirect-not-307"];
    /// Issues a code for a default user when the browser has no session.
    IssuesCodeWithoutLogin violates ["authz-user-authenticated-first"];
    /// Lets every site put the login and consent pages into a frame.
    AllowsFramingByAnyone violates ["authz-clickjacking-header"];
    /// Protects its pages against framing with `X-Frame-Options` only.
    OmitsFrameAncestors violates ["authz-csp-frame-ancestors"];
    /// Sends `Referrer-Policy: unsafe-url` with its pages.
    SendsUnsafeReferrerPolicy violates ["authz-referrer-policy"];
    /// Lets a CORS filter that is meant for the API cover the authorization endpoint too.
    AllowsCorsAtAuthorization violates ["authz-no-cors"];
    /// Issues a code to a client that is not registered for the authorization code grant.
    ServesClientsWithoutTheCodeGrant violates ["authz-unauthorized-client"];
    /// Takes the user of a code from a process-wide variable: whoever logged in last.
    AttributesCodeToLatestUser violates ["authz-code-approving-user"];
    /// Grants any scope that an authorization request names, unchecked.
    GrantsUnknownScopes violates ["scope-unknown-not-granted"];
    /// Gives the token of a code every scope that the client may have, whatever was asked for.
    GrantsEveryScopeOfTheClient violates ["scope-not-broader-than-requested"];
    /// Announces `iss` in its metadata but leaves it out of the success response.
    OmitsIss violates ["iss-in-success-response"];
    /// Adds `iss` to success responses only.
    OmitsIssOnError violates ["iss-in-error-response"];
    /// Sends an `iss` with a trailing slash that its issuer does not have.
    AddsTrailingSlashToIss violates ["iss-equals-issuer"];
    /// Takes the answer to the consent page without its anti-forgery token.
    AcceptsConsentWithoutCsrfToken violates ["authz-consent-csrf-protected"];
    /// Writes `client_id` and `redirect_uri` into its error page without escaping them.
    ReflectsUnescapedInput violates ["authz-error-page-no-html-injection"];
}
