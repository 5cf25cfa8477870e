//! Whether the provider answers, whether its certificate is trusted, and whether its clock is ours.

use std::time::{Duration, SystemTime};

use url::Url;

use super::diagnosis::{Remark, Sign, Topic};
use crate::protocol::{Endpoint, Failure, Request};
use crate::provider::{Endpoints, Target, Unreachable};
use crate::wire::{Tape, Wire};

/// Clocks that differ by more than this make lifetimes look wrong.
const MOST_SKEW: Duration = Duration::from_secs(5);

/// Why a connection could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    UnknownAuthority,
    Expired,
    NotYetValid,
    OtherName,
    NoTls,
    OnlyTls,
    Refused,
    NoSuchHost,
    NoAnswer,
    Other,
}

impl Cause {
    /// Reads it from the words of the libraries, which have no better way to tell it.
    pub(super) fn of(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        if says(&[
            "unknownissuer",
            "unknown issuer",
            "not trusted",
            "caused as end entity",
            "causedasendentity",
            "self-signed",
            "self signed",
        ]) {
            Self::UnknownAuthority
        } else if says(&["certificate not valid yet", "notvalidyet"]) {
            Self::NotYetValid
        } else if says(&["certificate expired", "invalid peer certificate: expired"]) {
            Self::Expired
        } else if says(&["not valid for name", "notvalidforname", "certificate is only valid for"]) {
            Self::OtherName
        } else if says(&["invalidcontenttype", "invalid content type"]) {
            Self::NoTls
        } else if says(&["invalid http version"]) {
            Self::OnlyTls
        } else if says(&["connection refused"]) {
            Self::Refused
        } else if says(&["dns error", "failed to lookup address", "name or service not known"]) {
            Self::NoSuchHost
        } else if says(&["no whole answer within", "timed out", "deadline has elapsed"]) {
            Self::NoAnswer
        } else {
            Self::Other
        }
    }

    fn says(self, url: &Url, words: &str) -> String {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        match self {
            Self::UnknownAuthority => {
                format!("the certificate of {host} comes from an authority that this machine does not know")
            }
            Self::Expired => format!("the certificate of {host} has expired"),
            Self::NotYetValid => format!("the certificate of {host} is not valid yet"),
            Self::OtherName => format!("the certificate is for another name than {host}"),
            Self::NoTls => format!("{host}:{port} does not speak TLS"),
            Self::OnlyTls => format!("{host}:{port} does not answer in plain HTTP; it may speak TLS"),
            Self::Refused => format!("nothing listens at {host}:{port}"),
            Self::NoSuchHost => format!("there is no host {host}, as far as this machine can tell"),
            Self::NoAnswer => format!("{host}:{port} takes too long to answer"),
            Self::Other => words.to_owned(),
        }
    }

    fn way_out(self, key: &str) -> String {
        match self {
            Self::UnknownAuthority => {
                "have its authority trusted: put the path of the authority's PEM file into SSL_CERT_FILE".to_owned()
            }
            Self::Expired => "renew the certificate; if it is fresh, this machine's clock is wrong".to_owned(),
            Self::NotYetValid => "set this machine's clock, or wait until the certificate is valid".to_owned(),
            Self::OtherName => {
                format!("use the name that the certificate is for in `{key}:`, and have it resolve to the provider")
            }
            Self::NoTls => format!("begin `{key}:` with http://, or name the port that speaks TLS"),
            Self::OnlyTls => format!("begin `{key}:` with https://"),
            Self::Refused => format!("start the provider, or correct the host and port of `{key}:`"),
            Self::NoSuchHost => format!("correct the host of `{key}:`, or have its name resolve on this machine"),
            Self::NoAnswer => "look whether a firewall or a proxy stands between, and whether the provider is well".to_owned(),
            Self::Other => format!("start the provider, or correct `{key}:` in the provider file"),
        }
    }
}

/// What to say where there is nothing to examine.
pub(super) fn unreachable(unreachable: &Unreachable) -> Vec<Remark> {
    match unreachable {
        Unreachable::NothingAnswers { issuer, tried } => {
            let Some((url, words)) = tried.first() else {
                return vec![
                    Remark::new(Topic::Reach, Sign::Wrong, "issuer", format!("{issuer} is no URL that can be asked"))
                        .way_out("write the issuer as its metadata spells it: `issuer: https://…`"),
                ];
            };
            let cause = Cause::of(words);
            let says = cause.says(url, words);
            vec![Remark::new(Topic::Reach, Sign::Unreachable, "issuer", says).way_out(cause.way_out("issuer"))]
        }
        Unreachable::NoEndpoint { tried, .. } => {
            let mut remarks = vec![Remark::new(Topic::Reach, Sign::Fine, "issuer", "answers")];
            remarks.extend(
                tried.iter().map(|(url, came)| Remark::new(Topic::Metadata, Sign::Note, "looked", format!("{url}: {came}"))),
            );
            remarks.push(
                Remark::new(Topic::Metadata, Sign::Wrong, "endpoints", "none is known, by metadata or by the provider file")
                    .way_out("correct `issuer:`, or set `endpoints:` (authorization, token, …) in the provider file"),
            );
            remarks
        }
    }
}

/// What the first answers say; `before` and `after` are our clock round them.
pub(super) fn reached(target: &Target, before: SystemTime, after: SystemTime) -> Vec<Remark> {
    let answers: Vec<_> = target.metadata.seen.iter().filter_map(|seen| seen.response.as_ref().ok()).collect();
    let scheme = if target.provider.issuer.starts_with("https:") {
        "answers by https, with a certificate that is trusted"
    } else {
        "answers by http"
    };
    let mut remarks = match answers.iter().map(|response| response.elapsed).min() {
        Some(elapsed) => {
            vec![Remark::new(Topic::Reach, Sign::Fine, "issuer", format!("{scheme}, within {} ms", elapsed.as_millis().max(1)))]
        }
        None => vec![
            Remark::new(Topic::Reach, Sign::Doubt, "issuer", "does not answer; the endpoints of the provider file do")
                .way_out("correct `issuer:` if the provider has metadata"),
        ],
    };
    let dates: Vec<SystemTime> = answers
        .iter()
        .filter_map(|response| response.header("date"))
        .filter_map(|date| httpdate::parse_http_date(date.trim()).ok())
        .collect();
    remarks.push(match dates.iter().map(|date| Skew::of(*date, before, after)).min_by_key(|skew| skew.by) {
        None => Remark::new(Topic::Reach, Sign::Note, "clock", "the provider does not tell its time"),
        Some(skew) if skew.by <= MOST_SKEW => {
            Remark::new(Topic::Reach, Sign::Fine, "clock", "as this machine's, by its Date header")
        }
        Some(skew) => Remark::new(Topic::Reach, Sign::Doubt, "clock", skew.words())
            .way_out("set both clocks by NTP: lifetimes, `iat` and `exp` are judged by this machine's"),
    });
    remarks
}

/// By how much another clock differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skew {
    by: Duration,
    ahead: bool,
}

impl Skew {
    /// Of a date that was told between two moments; it is told in whole seconds.
    pub(super) fn of(date: SystemTime, before: SystemTime, after: SystemTime) -> Self {
        let earliest = before.checked_sub(Duration::from_secs(1)).unwrap_or(before);
        match (earliest.duration_since(date), date.duration_since(after)) {
            (Ok(by), _) => Self { by, ahead: false },
            (Err(_), Ok(by)) => Self { by, ahead: true },
            (Err(_), Err(_)) => Self { by: Duration::ZERO, ahead: false },
        }
    }

    fn words(self) -> String {
        let way = if self.ahead { "ahead of" } else { "behind" };
        format!("the provider's is {} {way} this machine's", humantime::format_duration(Duration::from_secs(self.by.as_secs())))
    }
}

/// Whether the hosts that only the metadata or the file names can be reached from here as well: a provider behind a proxy often names one that cannot.
pub(super) async fn other_hosts(wire: &Wire, tape: &Tape, target: &Target) -> Vec<Remark> {
    let issuer = Url::parse(&target.provider.issuer).ok();
    let mut asked = vec![issuer.map(|issuer| issuer.origin())];
    let mut remarks = Vec::new();
    for (key, endpoint, url) in named(&target.endpoints) {
        if asked.contains(&Some(url.origin())) {
            continue;
        }
        asked.push(Some(url.origin()));
        let mut root = url.clone();
        root.set_path("/");
        root.set_query(None);
        let origin = url.origin().ascii_serialization();
        remarks.push(match wire.send(tape, &Request::get(endpoint, &root)).await {
            Ok(_) | Err(Failure::TooLong(_)) => {
                Remark::new(Topic::Reach, Sign::Fine, key, format!("{origin}, another host than the issuer's, answers"))
            }
            Err(failure) => {
                let cause = Cause::of(&failure.to_string());
                let says = format!("{origin} is named for it: {}", cause.says(url, &failure.to_string()));
                let way_out =
                    format!("have the provider told its public address, or set `endpoints.{key}:` in the provider file");
                Remark::new(Topic::Reach, Sign::Wrong, key, says).way_out(way_out)
            }
        });
    }
    remarks
}

/// The endpoints that are known, with their keys in the provider file.
pub(super) fn named(endpoints: &Endpoints) -> impl Iterator<Item = (&'static str, Endpoint, &Url)> {
    let Endpoints { authorization, token, device_authorization, revocation, introspection, resource, jwks } = endpoints;
    [
        ("authorization", Endpoint::Authorization, authorization),
        ("token", Endpoint::Token, token),
        ("device_authorization", Endpoint::DeviceAuthorization, device_authorization),
        ("revocation", Endpoint::Revocation, revocation),
        ("introspection", Endpoint::Introspection, introspection),
        ("resource", Endpoint::Resource, resource),
        ("jwks", Endpoint::Jwks, jwks),
    ]
    .into_iter()
    .filter_map(|(key, endpoint, url)| Some((key, endpoint, url.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_libraries_are_told_apart() {
        for (words, cause) in [
            ("cannot connect: invalid peer certificate: UnknownIssuer", Cause::UnknownAuthority),
            ("invalid peer certificate: certificate expired: verification time 1 (UNIX)", Cause::Expired),
            ("invalid peer certificate: certificate not valid yet: verification time 1", Cause::NotYetValid),
            ("certificate not valid for name \"a.test\"; certificate is only valid for DnsName(\"b.test\")", Cause::OtherName),
            ("received corrupt message of type InvalidContentType", Cause::NoTls),
            ("not a valid HTTP answer: invalid HTTP version parsed", Cause::OnlyTls),
            ("cannot connect: tcp connect error: Connection refused (os error 111)", Cause::Refused),
            ("dns error: failed to lookup address information", Cause::NoSuchHost),
            ("no whole answer within 20s", Cause::NoAnswer),
            ("the connection broke: reset", Cause::Other),
        ] {
            assert_eq!(Cause::of(words), cause, "{words}");
        }
    }

    #[test]
    fn a_clock_differs_by_what_lies_outside_of_the_exchange() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let skew = |date| Skew::of(at(date), at(100), at(120));
        assert_eq!(skew(99).by, Duration::ZERO, "a date is told in whole seconds");
        assert_eq!(skew(110).by, Duration::ZERO);
        assert_eq!((skew(127).by, skew(127).ahead), (Duration::from_secs(7), true));
        assert_eq!(skew(29).words(), "the provider's is 1m 10s behind this machine's");
    }
}
