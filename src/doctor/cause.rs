//! Why nothing answered, read from the words of the libraries, and what to do about it.

use url::{Host, Url};

use crate::wire::Route;

/// Why a connection could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    UnknownAuthority,
    SelfSigned,
    Expired,
    NotYetValid,
    OtherName,
    NoTls,
    OnlyTls,
    Refused,
    /// Nothing listens at this loopback address, but at the one of the other family.
    OtherFamily,
    NoRoute,
    NoSuchHost,
    NoAnswer,
    ProxyGone,
    ProxyAsks,
    ProxyRefuses,
    Other,
}

impl Cause {
    /// Reads it from the words of the libraries, which have no better way to tell it.
    pub(super) fn of(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let has_proxy = says(&["through the proxy "]);
        if says(&["selfsigned"]) {
            Self::SelfSigned
        } else if says(&["unknownissuer", "unknown issuer", "not trusted", "causedasendentity", "self-signed", "self signed"]) {
            Self::UnknownAuthority
        } else if says(&["certificate not valid yet", "notvalidyet"]) {
            Self::NotYetValid
        } else if says(&["certificate expired", "invalid peer certificate: expired"]) {
            Self::Expired
        } else if says(&["not valid for name", "notvalidforname", "certificate is only valid for"]) {
            Self::OtherName
        } else if says(&["proxy authorization required"]) {
            Self::ProxyAsks
        } else if says(&["invalidcontenttype", "invalid content type"]) {
            Self::NoTls
        } else if says(&["invalid http version"]) {
            Self::OnlyTls
        } else if has_proxy
            && says(&["connection refused", "dns error", "failed to lookup", "unreachable", "timed out", "deadline"])
        {
            Self::ProxyGone
        } else if has_proxy {
            Self::ProxyRefuses
        } else if says(&["connection refused"]) {
            Self::Refused
        } else if says(&["network is unreachable", "no route to host", "address family not supported", "cannot assign requested"])
        {
            Self::NoRoute
        } else if says(&["dns error", "failed to lookup address", "name or service not known"]) {
            Self::NoSuchHost
        } else if says(&["no whole answer within", "timed out", "deadline has elapsed"]) {
            Self::NoAnswer
        } else {
            Self::Other
        }
    }

    /// Whether TLS was spoken, and the certificate is what is wrong.
    pub(super) fn is_of_certificates(self) -> bool {
        match self {
            Self::UnknownAuthority | Self::SelfSigned | Self::Expired | Self::NotYetValid | Self::OtherName => true,
            Self::NoTls
            | Self::OnlyTls
            | Self::Refused
            | Self::OtherFamily
            | Self::NoRoute
            | Self::NoSuchHost
            | Self::NoAnswer
            | Self::ProxyGone
            | Self::ProxyAsks
            | Self::ProxyRefuses
            | Self::Other => false,
        }
    }

    /// Whether the URL names a place where nobody is: another address is the way out.
    pub(super) fn is_of_the_address(self) -> bool {
        match self {
            Self::Refused | Self::OtherFamily | Self::NoRoute | Self::NoSuchHost | Self::NoAnswer | Self::Other => true,
            Self::UnknownAuthority
            | Self::SelfSigned
            | Self::Expired
            | Self::NotYetValid
            | Self::OtherName
            | Self::NoTls
            | Self::OnlyTls
            | Self::ProxyGone
            | Self::ProxyAsks
            | Self::ProxyRefuses => false,
        }
    }

    /// What came to light, for people.
    pub(super) fn says(self, url: &Url, route: Route<'_>, words: &str) -> String {
        let host = url.host_str().unwrap_or_default();
        let place = place(url);
        let proxy = match route {
            Route::Through(proxy) => proxy.place(),
            Route::Direct | Route::At(_) => String::new(),
        };
        let there = match route {
            Route::At(address) => format!("{address}, where `connect.resolve` has {place}"),
            Route::Direct | Route::Through(_) => place.clone(),
        };
        match self {
            Self::UnknownAuthority => {
                format!("the certificate of {host} comes from an authority that this machine does not know")
            }
            Self::SelfSigned => format!("the certificate of {host} is signed by itself: no authority stands behind it"),
            Self::Expired => format!("the certificate of {host} has expired"),
            Self::NotYetValid => format!("the certificate of {host} is not valid yet"),
            Self::OtherName => match names(words) {
                Some(names) => format!("the certificate is for another name than {host}: for {names}"),
                None => format!("the certificate is for another name than {host}"),
            },
            Self::NoTls => format!("{place} does not speak TLS"),
            Self::OnlyTls => format!("{place} does not answer in plain HTTP; it speaks TLS"),
            Self::Refused => format!("nothing listens at {there}"),
            Self::OtherFamily => format!("nothing listens at {place}, but at {}", other_family(url)),
            Self::NoRoute => format!("no way leads from this machine to {there}"),
            Self::NoSuchHost => format!("there is no host {host}, as far as this machine can tell"),
            Self::NoAnswer => format!("{there} takes too long to answer"),
            Self::ProxyGone => format!("the proxy {proxy} does not answer"),
            Self::ProxyAsks => format!("the proxy {proxy} wants to know who goes through it, or does not take the password"),
            Self::ProxyRefuses => format!("the proxy {proxy} does not lead to {place}"),
            Self::Other => words.to_owned(),
        }
    }

    /// What to do about it; `key` is the URL's in the provider file.
    pub(super) fn way_out(self, key: &str, url: &Url, route: Route<'_>) -> String {
        let host = url.host_str().unwrap_or_default();
        let place = place(url);
        match self {
            Self::UnknownAuthority => {
                let proxies = match route {
                    Route::Through(_) => " (it may be the proxy's, if that looks into TLS)",
                    Route::Direct | Route::At(_) => "",
                };
                format!(
                    "have its authority trusted: `connect: {{ ca: authority.pem }}` in the provider file, or --ca FILE{proxies}"
                )
            }
            Self::SelfSigned => "have this certificate trusted: `connect: { ca: certificate.pem }` in the provider file, or --ca FILE; \
                                 or any, and never know who answers: `connect: { insecure: true }`, or --insecure"
                .to_owned(),
            Self::Expired => "renew the certificate; if it is fresh, this machine's clock is wrong".to_owned(),
            Self::NotYetValid => "set this machine's clock, or wait until the certificate is valid".to_owned(),
            Self::OtherName => format!(
                "use the name that the certificate is for in `{key}:`; if that leads elsewhere, say where it is with `connect.resolve`, \
                 or --resolve HOST:PORT:ADDRESS"
            ),
            Self::NoTls => format!("begin `{key}:` with http://, or name the port that speaks TLS"),
            Self::OnlyTls => format!("begin `{key}:` with https://"),
            Self::Refused => match route {
                Route::At(_) => format!("start the provider, or correct its address in `connect.resolve` ({place})"),
                Route::Direct | Route::Through(_) => format!("start the provider, or correct the host and port of `{key}:`"),
            },
            Self::OtherFamily => format!("write {} in `{key}:`, or have the provider listen at both", other_family(url)),
            Self::NoRoute => match url.host() {
                Some(Host::Ipv6(_)) => format!("this machine may have no IPv6: name the host or its IPv4 address in `{key}:`"),
                Some(Host::Domain(_) | Host::Ipv4(_)) | None => {
                    format!("name an address that this machine can reach with `connect.resolve: {{ \"{place}\": ADDRESS }}`, or a `connect.proxy`")
                }
            },
            Self::NoSuchHost => format!(
                "correct the host of `{key}:`, or say where it is: `connect: {{ resolve: {{ \"{place}\": ADDRESS }} }}`, or --resolve {place}:ADDRESS; \
                 if only a proxy knows, `connect: {{ proxy: environment }}` or its URL"
            ),
            Self::NoAnswer => {
                "look whether a firewall stands between, and whether the provider is well; if a proxy is the way, name it: \
                 `connect: { proxy: environment }` or its URL"
                    .to_owned()
            }
            Self::ProxyGone => "start the proxy, or correct `connect.proxy` (--proxy URL; `none` for none)".to_owned(),
            Self::ProxyAsks => "give it a user and a password from the environment: `connect: { proxy: \"http://user:${PROXY_PASSWORD}@host:port\" }`"
                .to_owned(),
            Self::ProxyRefuses => format!(
                "have the proxy lead there, or go past it: `connect: {{ proxy: {{ url: …, except: [{host}] }} }}`, or NO_PROXY={host}"
            ),
            Self::Other => format!("start the provider, or correct `{key}:` in the provider file"),
        }
    }
}

fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// The loopback address of the other family, with the URL's port.
fn other_family(url: &Url) -> String {
    let host = if matches!(url.host(), Some(Host::Ipv6(_))) { "127.0.0.1" } else { "[::1]" };
    format!("{host}:{}", url.port_or_known_default().unwrap_or_default())
}

/// The names that a certificate is for, as the library says them.
fn names(words: &str) -> Option<String> {
    let (_, listed) = words.split_once("certificate is only valid for ")?;
    let bare = |text: &str| text.replace("DnsName(\"", "").replace("\")", "").replace("IpAddress(", "").replace(')', "");
    Some(bare(listed)).filter(|names| !names.is_empty() && names.len() < 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_libraries_are_told_apart() {
        for (words, cause) in [
            ("cannot connect: invalid peer certificate: UnknownIssuer", Cause::UnknownAuthority),
            ("cannot connect: invalid peer certificate: Other(OtherError(SelfSigned))", Cause::SelfSigned),
            ("invalid peer certificate: certificate expired: verification time 1 (UNIX)", Cause::Expired),
            ("invalid peer certificate: certificate not valid yet: verification time 1", Cause::NotYetValid),
            ("certificate not valid for name \"a.test\"; certificate is only valid for DnsName(\"b.test\")", Cause::OtherName),
            ("received corrupt message of type InvalidContentType", Cause::NoTls),
            ("not a valid HTTP answer: invalid HTTP version parsed", Cause::OnlyTls),
            ("cannot connect: tcp connect error: Connection refused (os error 111)", Cause::Refused),
            ("cannot connect: tcp connect error: Network is unreachable (os error 101)", Cause::NoRoute),
            ("dns error: failed to lookup address information", Cause::NoSuchHost),
            ("no whole answer within 20s", Cause::NoAnswer),
            ("cannot connect: through the proxy p.test:1: tcp connect error: Connection refused", Cause::ProxyGone),
            ("cannot connect: through the proxy p.test:1: tunnel error: proxy authorization required", Cause::ProxyAsks),
            ("cannot connect: through the proxy p.test:1: tunnel error: unsuccessful", Cause::ProxyRefuses),
            ("cannot connect: through the proxy p.test:1: invalid peer certificate: UnknownIssuer", Cause::UnknownAuthority),
            ("the connection broke: reset", Cause::Other),
        ] {
            assert_eq!(Cause::of(words), cause, "{words}");
        }
    }

    #[test]
    fn the_names_of_a_certificate_are_told() {
        let words = "certificate not valid for name \"a\"; certificate is only valid for DnsName(\"b.test\") or IpAddress(::1)";
        assert_eq!(names(words).as_deref(), Some("b.test or ::1"));
        assert_eq!(names("another failure"), None);
    }
}
