//! Bugs in the comparison of a redirect URI with the registered ones, and in the use of the one that was chosen.

table! { Redirect;
    /// Accepts a redirect URI whose path goes on where the registered one ends (`/cb/extra`, `/cbx`).
    MatchesRedirectUriByPrefix violates ["redirect-uri-path-suffix-rejected"];
    /// Trims a trailing slash off the redirect URI before it compares.
    IgnoresTrailingSlash violates ["redirect-uri-trailing-slash-rejected"];
    /// Leaves the port out of the comparison, for every host.
    IgnoresRedirectPort violates ["redirect-uri-port-variant-rejected"];
    /// Leaves the query out of the comparison.
    IgnoresRedirectQuery violates ["redirect-uri-query-variant-rejected"];
    /// Accepts every host that contains the registered one.
    AcceptsRedirectSubdomains violates ["redirect-uri-subdomain-rejected"];
    /// Keeps the redirect URIs of all clients in one list.
    SharesRedirectUrisBetweenClients violates ["redirect-uri-of-other-client-rejected"];
    /// Folds the case of redirect URIs before it compares them.
    IgnoresRedirectCase violates ["redirect-uri-case-variant-rejected"];
    /// Leaves the scheme out of the comparison: `http` will do for `https`.
    IgnoresRedirectScheme violates ["redirect-uri-scheme-variant-rejected"];
    /// Cuts off the fragment before it compares, and accepts the request.
    IgnoresRedirectFragment violates ["redirect-uri-fragment-rejected"];
    /// Sends every response to the first registered URI, whichever was asked for.
    RespondsToFirstRedirectUri violates ["redirect-uri-chosen-one-used"];
    /// Uses the first of several registered URIs when the request names none.
    DefaultsToFirstOfManyRedirectUris violates ["redirect-uri-omitted-multiple-registered"];
    /// Looks for the registered host anywhere in the authority, and takes `client.example@evil.example` for it.
    IsFooledByAuthorityTricks violates ["redirect-uri-authority-trick-rejected"];
    /// Throws away the query that a registered redirect URI has of its own.
    DropsRedirectQuery violates ["redirect-uri-query-retained"];
    /// Compares the port of a loopback redirect URI, although a native app cannot know it in advance.
    PinsLoopbackPort violates ["native-loopback-ipv4-any-port"];
}
