//! What a check may need of a provider, and the key of the provider file that provides it: one table.

use url::{Host, Url};

use super::client::{AuthMethod, Client, Grant};
use super::discovery::Target;

/// Builds [`Need`] from the table below, so that a need, its name and what satisfies it stand on one row.
macro_rules! needs {
    ($( $(#[doc = $doc:literal])+ $need:ident, $name:literal, $switch:ident, $lacks:expr; )+) => {
        /// What a check may need of a provider.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Need { $( $(#[doc = $doc])+ $need, )+ }

        impl Need {
            /// Every need, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$need, )+ ];

            /// The name that `@needs:` and steps use.
            pub fn name(self) -> &'static str {
                match self { $( Self::$need => $name, )+ }
            }

            fn description(self) -> &'static str {
                match self { $( Self::$need => concat!($( $doc ),+), )+ }
            }

            fn switch(self) -> Switch {
                match self { $( Self::$need => Switch::$switch, )+ }
            }

            fn row(self) -> fn(&Target) -> Lack {
                match self { $( Self::$need => $lacks, )+ }
            }
        }
    };
}

/// The key of the provider file that is missing or says too little; none when the need is satisfied.
type Lack = Option<String>;

/// What `capabilities:` may say of a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    /// Nothing: other keys say it.
    No,
    /// `false` switches it off.
    Off,
    /// `false` switches it off, and only `true` says that it is there.
    Declared,
}

use Trait::{
    Confidential, HttpsRedirect, Introspects, LoopbackRedirect, May, MayNot, Method, OneRedirect, Public, QueryRedirect,
    Redirects, Scopes, SpecialSecret,
};

const CODE: Grant = Grant::AuthorizationCode;
const DEVICE: Grant = Grant::DeviceCode;
const CREDENTIALS: Grant = Grant::ClientCredentials;
const BASIC: AuthMethod = AuthMethod::ClientSecretBasic;
const POST: AuthMethod = AuthMethod::ClientSecretPost;

needs! {
    /// a public client that may use the authorization code grant
    PublicClient, "public-client", No, |t| role(t, "spa", &[Public, Redirects(1), May(CODE)]);
    /// a confidential client that may use the authorization code grant
    ConfidentialClient, "confidential-client", No,
        |t| role(t, "web", &[Confidential, Redirects(1), May(CODE)]);
    /// another confidential client
    SecondClient, "second-client", No,
        |t| role(t, "other", &[Confidential, Redirects(1), May(CODE)]);
    /// another public client
    SecondPublicClient, "second-public-client", No,
        |t| role(t, "other_spa", &[Public, Redirects(1), May(CODE)]);
    /// a client that may use the client credentials grant
    ClientCredentialsClient, "client-credentials-client", No,
        |t| role(t, "batch", &[Confidential, May(CREDENTIALS)]);
    /// a client credentials client registered for client_secret_post
    PostClient, "post-client", No, |t| role(t, "batch_post", &[Method(POST), May(CREDENTIALS)]);
    /// a client with special characters in its secret, registered for client_secret_basic
    SpecialSecretClient, "special-secret-client", No,
        |t| role(t, "special", &[Method(BASIC), SpecialSecret, May(CREDENTIALS)]);
    /// a client with special characters in its secret, registered for client_secret_post
    SpecialSecretPostClient, "special-secret-post-client", No,
        |t| role(t, "special_post", &[Method(POST), SpecialSecret, May(CREDENTIALS)]);
    /// a client that is not registered for the authorization code grant
    ClientWithoutGrant, "client-without-grant", No,
        |t| role(t, "limited", &[Redirects(1), MayNot(CODE)]);
    /// a client that is not registered for the device grant
    ClientWithoutDeviceGrant, "client-without-device-grant", No, |t| role(t, "limited", &[MayNot(DEVICE)]);
    /// a confidential client that may leave PKCE out
    PkceOptionalClient, "pkce-optional-client", No, |t| {
        role(t, "web", &[Confidential]).or_else(|| {
            let demanded = t.provider.client("web").is_some_and(|client| client.pkce.is_some());
            let key = if demanded { "clients.web.pkce: optional" } else { "pkce.optional_for: [web]" };
            (!t.provider.leaves_pkce_to("web")).then(|| key.to_owned())
        })
    };
    /// a client with exactly one redirect URI
    SingleRedirectClient, "single-redirect-client", No,
        |t| role(t, "single", &[OneRedirect, May(CODE)]);
    /// a client with several redirect URIs
    MultiRedirectClient, "multi-redirect-client", No,
        |t| role(t, "web", &[Redirects(2), May(CODE)]);
    /// a client with a query in its redirect URI
    QueryRedirectClient, "query-redirect-client", No,
        |t| role(t, "query", &[QueryRedirect, May(CODE)]);
    /// a client with an https redirect URI
    HttpsRedirectClient, "https-redirect-client", No,
        |t| role(t, "web", &[HttpsRedirect, May(CODE)]);
    /// a native client with an http redirect URI on a loopback address
    NativeClient, "native-client", No, |t| role(t, "native", &[LoopbackRedirect, May(CODE)]);
    /// a public client that may use the device grant
    DeviceClient, "device-client", No, |t| role(t, "tv", &[Public, May(DEVICE)]);
    /// another public client that may use the device grant
    SecondDeviceClient, "second-device-client", No, |t| role(t, "other_tv", &[Public, May(DEVICE)]);
    /// a confidential client that may use the device grant
    ConfidentialDeviceClient, "confidential-device-client", No,
        |t| role(t, "console", &[Confidential, May(DEVICE)]);
    /// a client that may introspect every token
    IntrospectionCaller, "introspection-caller", No,
        |t| role(t, "inspector", &[Confidential, Introspects]);
    /// a user who logs in and approves
    UserLogin, "user-login", Off, |t| login(t);
    /// tokens of a user who has approved
    UserTokens, "user-tokens", No, |t| login(t);
    /// pages that come over the wire and need no script
    LoginPages, "login-pages", No, |t| (!t.provider.login.driver.shows_pages()).then(|| "login.driver: form".to_owned());
    /// a user who is asked and refuses
    UserDeny, "user-deny", Off,
        |t| t.provider.login.driver.lacks_login().map(str::to_owned)
            .or_else(|| user(t, "carol").and_then(|lack| user(t, "alice").map(|_| lack)));
    /// another user
    SecondUser, "second-user", No, |t| user(t, "bob");
    /// a client that may ask for two scopes
    TwoScopes, "two-scopes", No, |t| role(t, "web", &[Scopes(2)]);
    /// a client that may use the refresh token grant
    RefreshToken, "refresh-token", Off, |t| role(t, "web", &[May(Grant::RefreshToken)]);
    /// an introspection endpoint
    Introspection, "introspection", Off,
        |t| endpoint(t.endpoints.introspection.as_ref(), "introspection");
    /// a revocation endpoint
    Revocation, "revocation", Off, |t| endpoint(t.endpoints.revocation.as_ref(), "revocation");
    /// a device authorization endpoint
    Device, "device", Off,
        |t| endpoint(t.endpoints.device_authorization.as_ref(), "device_authorization");
    /// metadata
    Metadata, "metadata", Off, |t| (!answers_for_metadata(t)).then(|| "issuer".to_owned());
    /// a protected resource
    Resource, "resource", Off, |t| endpoint(t.endpoints.resource.as_ref(), "resource");
    /// somebody who can tell whether a token is alive: introspection or a protected resource
    Witness, "witness", No, |t| {
        let introspects = t.endpoints.introspection.is_some() && t.provider.clients.values().any(|client| !client.is_public());
        (!introspects && t.endpoints.resource.is_none()).then(|| "endpoints.introspection".to_owned())
    };
    /// a JWK set
    Jwks, "jwks", Off, |t| endpoint(t.endpoints.jwks.as_ref(), "jwks");
    /// lifetimes that can be waited for
    ShortLifetime, "short-lifetime", Declared,
        |t| t.provider.admin.is_none().then(|| "admin".to_owned());
    /// time to wait
    Wait, "wait", Off, |_| None;
    /// a burst of requests
    ManyRequests, "many-requests", Off, |_| None;
    /// requests side by side
    Concurrency, "concurrency", Off, |target| (target.provider.pace.at_once == Some(1)).then(|| "pace.at_once: 2".to_owned());
    /// access tokens that are JWTs
    JwtAccessToken, "jwt-access-token", Declared,
        |_| Some("capabilities.jwt_access_token: true".to_owned());
    /// codes that consist of parts
    StructuredCode, "structured-code", Off, |_| None;
    /// an issuer with a path
    IssuerWithPath, "issuer-with-path", No, |t| {
        let path = Url::parse(&t.provider.issuer).is_ok_and(|issuer| issuer.path() != "/");
        (!path).then(|| "issuer".to_owned())
    };
    /// rotation of refresh tokens
    Rotation, "rotation", Off, |_| None;
    /// a provider that is reached by https
    Tls, "tls", No, |t| (!t.provider.issuer.starts_with("https:")).then(|| "issuer".to_owned());
    /// dynamic client registration, which flowproof does not use yet
    DynamicRegistration, "dynamic-registration", No, |_| Some(String::new());
    /// a way to close a user's account, as the reference server's admin listener is
    UserDisable, "user-disable", No, |t| t.provider.admin.is_none().then(|| "admin".to_owned());
    /// a second protected resource, which flowproof does not know yet
    SecondResource, "second-resource", No, |_| Some(String::new());
    /// nothing
    None, "none", No, |_| None;
}

impl Need {
    /// The need of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|need| need.name() == name)
    }

    /// The key under `capabilities:` that switches it, where there is one.
    pub fn capability(self) -> Option<String> {
        match self.switch() {
            Switch::No => None,
            Switch::Off | Switch::Declared => Some(self.name().replace('-', "_")),
        }
    }
}

/// Why the provider cannot satisfy this need, with the key of its file that would; none when it can.
pub fn lacking(target: &Target, need: Need) -> Option<String> {
    match (need.switch(), target.provider.capabilities.get(&need)) {
        (Switch::Off | Switch::Declared, Some(false)) => {
            let key = need.capability().unwrap_or_default();
            return Some(format!("switched off in the provider file: `capabilities.{key}`"));
        }
        (Switch::Declared, Some(true)) => return None,
        (Switch::No, _) | (Switch::Off, Some(true)) | (_, None) => {}
    }
    let key = need.row()(target)?;
    let description = need.description().trim();
    Some(if key.is_empty() { format!("needs {description}") } else { format!("needs {description}: `{key}`") })
}

/// As [`lacking`], where it is the client of this role that acts: some needs are about whichever client that is.
pub fn lacking_for(target: &Target, need: Need, acting: &str) -> Option<String> {
    let traits: &[Trait] = if need == Need::TwoScopes {
        &[Scopes(2)]
    } else if need == Need::RefreshToken {
        &[May(Grant::RefreshToken)]
    } else if need == Need::UserTokens {
        // A token that was given in advance needs no login; one of another client's would need its own.
        let driver = &target.provider.login.driver;
        return match driver.session().filter(|_| driver.lacks_login().is_some()) {
            Some(session) if session.refresh_token(acting).is_some() => None,
            Some(_) => {
                let key = format!("login.refresh_tokens: [{{ client: {acting} }}]");
                Some(format!("needs {}: `{key}`", need.description().trim()))
            }
            None => lacking(target, Need::UserLogin),
        };
    } else if need == Need::Rotation {
        // What the file says of this client goes before what it says of all.
        return match target.provider.client(acting).and_then(|client| client.rotation) {
            Some(true) => None,
            Some(false) => Some(format!("switched off in the provider file: `clients.{acting}.rotation`")),
            None => lacking(target, need),
        };
    } else {
        return lacking(target, need);
    };
    if need.switch() == Switch::Off && target.provider.capabilities.get(&need) == Some(&false) {
        return lacking(target, need);
    }
    let key = role(target, acting, traits)?;
    Some(format!("needs {}: `{key}`", need.description().trim()))
}

/// What a role's client must be like.
#[derive(Clone, Copy, Debug)]
enum Trait {
    Public,
    Confidential,
    Method(AuthMethod),
    May(Grant),
    MayNot(Grant),
    Redirects(usize),
    OneRedirect,
    QueryRedirect,
    HttpsRedirect,
    LoopbackRedirect,
    Scopes(usize),
    SpecialSecret,
    Introspects,
}

impl Trait {
    /// Whether the client has it, and the key that says so.
    fn judge(self, client: &Client) -> (bool, String) {
        let any_redirect =
            |like: fn(&Url) -> bool| client.redirect_uris.iter().filter_map(|uri| Url::parse(uri).ok()).any(|uri| like(&uri));
        match self {
            Self::Public => (client.is_public(), "auth: none".to_owned()),
            Self::Confidential => (!client.is_public(), "secret".to_owned()),
            Self::Method(method) => (client.auth == method, format!("auth: {}", method.name())),
            Self::May(grant) => (client.may(grant), format!("grants: [{}]", grant.name())),
            Self::MayNot(grant) => (!client.may(grant), format!("grants without {}", grant.name())),
            Self::Redirects(least) => (client.redirect_uris.len() >= least, "redirect_uris".to_owned()),
            Self::OneRedirect => (client.redirect_uris.len() == 1, "redirect_uris".to_owned()),
            Self::QueryRedirect => (any_redirect(|uri| uri.query().is_some()), "redirect_uris".to_owned()),
            Self::HttpsRedirect => (any_redirect(|uri| uri.scheme() == "https"), "redirect_uris".to_owned()),
            Self::LoopbackRedirect => (any_redirect(is_http_loopback), "redirect_uris".to_owned()),
            Self::Scopes(least) => (client.scopes.len() >= least, "scopes".to_owned()),
            Self::SpecialSecret => {
                let special = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.' | '~' | '*');
                (client.secret.as_ref().is_some_and(|secret| secret.expose().contains(special)), "secret".to_owned())
            }
            Self::Introspects => (client.introspect, "introspect: true".to_owned()),
        }
    }
}

fn is_http_loopback(uri: &Url) -> bool {
    uri.scheme() == "http"
        && match uri.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        }
}

fn role(target: &Target, role: &str, traits: &[Trait]) -> Lack {
    let Some(client) = target.provider.client(role) else { return Some(format!("clients.{role}")) };
    traits.iter().map(|one| one.judge(client)).find(|(has, _)| !has).map(|(_, key)| format!("clients.{role}.{key}"))
}

/// What keeps a user from logging in.
fn login(target: &Target) -> Option<String> {
    let key = user(target, "alice").or_else(|| endpoint(target.endpoints.authorization.as_ref(), "authorization"));
    key.or_else(|| target.provider.login.driver.lacks_login().map(str::to_owned))
}

fn user(target: &Target, name: &str) -> Lack {
    target.provider.user(name).is_none().then(|| format!("users.{name}"))
}

fn endpoint(known: Option<&Url>, key: &str) -> Lack {
    known.is_none().then(|| format!("endpoints.{key}"))
}

/// Whether something stands where metadata belongs, right or wrong: a provider without metadata answers 404 there.
fn answers_for_metadata(target: &Target) -> bool {
    let metadata = &target.metadata;
    metadata.document.is_some()
        || metadata.seen.iter().any(|seen| match &seen.response {
            Ok(response) => !matches!(response.status, 404 | 410),
            Err(_) => false,
        })
}
