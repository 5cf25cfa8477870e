//! Whether the provider answers, whether its certificate is trusted, and whether its clock is ours.

use std::time::{Duration, SystemTime};

use url::{Host, Url};

use super::cause::Cause;
use super::diagnosis::{Remark, Sign, Topic};
use crate::protocol::{Endpoint, Failure, Request};
use crate::provider::{Endpoints, Target, Unreachable};
use crate::wire::{Connect, Route, Tape, Wire};

/// Clocks that differ by more than this make lifetimes look wrong.
const MOST_SKEW: Duration = Duration::from_secs(5);

/// What to say where there is nothing to examine.
pub(super) async fn unreachable(wire: &Wire, tape: &Tape, unreachable: &Unreachable) -> Vec<Remark> {
    match unreachable {
        Unreachable::NothingAnswers { issuer, tried } => {
            let Some((url, words)) = tried.first() else {
                return vec![
                    Remark::new(Topic::Reach, Sign::Wrong, "issuer", format!("{issuer} is no URL that can be asked"))
                        .way_out("write the issuer as its metadata spells it: `issuer: https://…`"),
                ];
            };
            let cause = again(wire, tape, url, Cause::of(words)).await;
            let route = wire.connect().route(url);
            let says = cause.says(url, route, words);
            vec![Remark::new(Topic::Reach, Sign::Unreachable, "issuer", says).way_out(cause.way_out("issuer", url, route))]
        }
        Unreachable::NoEndpoint { issuer, tried } => {
            let issuer = Url::parse(issuer).ok();
            if let Some(url) = issuer.as_ref().filter(|url| url.scheme() == "http")
                && again(wire, tape, url, Cause::Other).await == Cause::OnlyTls
            {
                let route = wire.connect().route(url);
                let remark = Remark::new(Topic::Reach, Sign::Wrong, "issuer", Cause::OnlyTls.says(url, route, ""));
                return vec![remark.way_out(Cause::OnlyTls.way_out("issuer", url, route))];
            }
            let mut remarks = vec![Remark::new(Topic::Reach, Sign::Fine, "issuer", "answers")];
            remarks.extend(
                tried.iter().map(|(url, came)| Remark::new(Topic::Metadata, Sign::Note, "looked", format!("{url}: {came}"))),
            );
            let mut way_out = "correct `issuer:`, or set `endpoints:` (authorization, token, …) in the provider file".to_owned();
            if let Some(Route::Through(proxy)) = issuer.as_ref().map(|url| wire.connect().route(url)) {
                way_out = format!("{way_out}; or it was the proxy {} that answered in its place", proxy.place());
            }
            remarks.push(
                Remark::new(Topic::Metadata, Sign::Wrong, "endpoints", "none is known, by metadata or by the provider file")
                    .way_out(way_out),
            );
            remarks
        }
    }
}

/// Looks a second time, otherwise, where that tells more than the first failure: by the other scheme, and at the other loopback address.
async fn again(wire: &Wire, tape: &Tape, url: &Url, cause: Cause) -> Cause {
    let mut asked = url.clone();
    asked.set_path("/");
    match cause {
        Cause::Refused | Cause::NoRoute => {
            let other = match url.host() {
                Some(Host::Ipv6(address)) if address.is_loopback() => "127.0.0.1",
                Some(Host::Ipv4(address)) if address.is_loopback() => "[::1]",
                Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) | None => return cause,
            };
            // Both are addresses of this machine, and a URL of one takes the other.
            let moved = asked.set_host(Some(other)).is_ok();
            if moved && listens(wire, tape, &asked).await { Cause::OtherFamily } else { cause }
        }
        Cause::Other if url.scheme() == "http" => {
            let port = url.port_or_known_default();
            let moved = asked.set_scheme("https").is_ok() && asked.set_port(port).is_ok();
            if moved && speaks_tls(wire, tape, &asked).await { Cause::OnlyTls } else { cause }
        }
        Cause::Other => {
            let port = url.port_or_known_default();
            let moved = asked.set_scheme("http").is_ok() && asked.set_port(port).is_ok();
            if moved && wire.send(tape, &Request::get(Endpoint::Metadata, &asked)).await.is_ok() { Cause::NoTls } else { cause }
        }
        Cause::UnknownAuthority
        | Cause::SelfSigned
        | Cause::Expired
        | Cause::NotYetValid
        | Cause::OtherName
        | Cause::NoTls
        | Cause::OnlyTls
        | Cause::OtherFamily
        | Cause::NoSuchHost
        | Cause::NoAnswer
        | Cause::ProxyGone
        | Cause::ProxyAsks
        | Cause::ProxyRefuses => cause,
    }
}

async fn listens(wire: &Wire, tape: &Tape, url: &Url) -> bool {
    match wire.send(tape, &Request::get(Endpoint::Metadata, url)).await {
        Ok(_) => true,
        Err(failure) => !matches!(Cause::of(&failure.to_string()), Cause::Refused | Cause::NoRoute | Cause::NoAnswer),
    }
}

async fn speaks_tls(wire: &Wire, tape: &Tape, url: &Url) -> bool {
    match wire.send(tape, &Request::get(Endpoint::Metadata, url)).await {
        Ok(_) => true,
        Err(failure) => Cause::of(&failure.to_string()).is_of_certificates(),
    }
}

/// What the first answers say; `before` and `after` are our clock round them.
pub(super) fn reached(target: &Target, connect: &Connect, before: SystemTime, after: SystemTime) -> Vec<Remark> {
    let answers: Vec<_> = target.metadata.seen.iter().filter_map(|seen| seen.response.as_ref().ok()).collect();
    let (sign, scheme) = match (target.provider.issuer.starts_with("https:"), connect.insecure) {
        (true, false) => (Sign::Fine, "answers by https, with a certificate that is trusted"),
        (true, true) => (Sign::Doubt, "answers by https, with a certificate that nobody verified (insecure)"),
        (false, _) => (Sign::Fine, "answers by http"),
    };
    let mut remarks = match answers.iter().map(|response| response.elapsed).min() {
        Some(elapsed) => {
            let remark = Remark::new(Topic::Reach, sign, "issuer", format!("{scheme}, within {} ms", elapsed.as_millis().max(1)));
            let way_out = "trust its authority with `connect.ca` in place of `connect.insecure`: nobody knows who answers now";
            vec![if sign == Sign::Doubt { remark.way_out(way_out) } else { remark }]
        }
        None => vec![
            Remark::new(Topic::Reach, Sign::Doubt, "issuer", "does not answer; the endpoints of the provider file do")
                .way_out("correct `issuer:` if the provider has metadata"),
        ],
    };
    // That nobody is verified is said above.
    let ways = connect.remarks().into_iter().skip(usize::from(connect.insecure));
    remarks.extend(ways.map(|way| Remark::new(Topic::Reach, Sign::Note, "connect", way)));
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
                let route = wire.connect().route(url);
                let says = format!("{origin} is named for it: {}", cause.says(url, route, &failure.to_string()));
                let way_out = if cause.is_of_the_address() {
                    format!("have the provider told its public address, or set `endpoints.{key}:` in the provider file")
                } else {
                    cause.way_out(&format!("endpoints.{key}"), url, route)
                };
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
    fn a_clock_differs_by_what_lies_outside_of_the_exchange() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let skew = |date| Skew::of(at(date), at(100), at(120));
        assert_eq!(skew(99).by, Duration::ZERO, "a date is told in whole seconds");
        assert_eq!(skew(110).by, Duration::ZERO);
        assert_eq!((skew(127).by, skew(127).ahead), (Duration::from_secs(7), true));
        assert_eq!(skew(29).words(), "the provider's is 1m 10s behind this machine's");
    }
}
