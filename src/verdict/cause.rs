//! Violations by their cause: one bug is shown once, with every check and endpoint that it shows at, and two bugs are never shown as one.

use serde::{Deserialize, Serialize};

use super::{Finding, Kind, Outcome, Run, Violation};
use crate::protocol::{Answer, Endpoint};

/// What of a request a check spoiled, where it is a thing that one place in a provider looks at, whichever endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoiled {
    /// How the client proves who it is (RFC 6749 section 2.3).
    ClientAuthentication,
    /// The challenge or the verifier (RFC 7636).
    Pkce,
    /// The `redirect_uri` (RFC 6749 section 3.1.2).
    RedirectUri,
    /// The `scope` (RFC 6749 section 3.3).
    Scope,
    /// The access token at a resource, or how it is sent (RFC 6750 section 2).
    BearerToken,
}

impl Spoiled {
    /// The name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientAuthentication => "client authentication",
            Self::Pkce => "PKCE",
            Self::RedirectUri => "redirect URI",
            Self::Scope => "scope",
            Self::BearerToken => "bearer token",
        }
    }
}

/// One bug, whichever checks it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The endpoints that it shows at, the one with the most checks first.
    pub endpoints: Vec<Endpoint>,
    /// The kind.
    pub kind: Kind,
    /// The answer that is wrong.
    pub answer: String,
    /// What of the requests was wrong, where that is what they have in common.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spoiled: Option<Spoiled>,
    /// The checks that it breaks.
    pub checks: Vec<String>,
}

impl Cause {
    /// How many checks of a cause are named where one of them is shown.
    const NAMED: usize = 8;

    /// The cause in a line: where, what sort of fault, after what, and the answer.
    pub fn describe(&self) -> String {
        let after = self.spoiled.map(|spoiled| format!(" after wrong {}", spoiled.name())).unwrap_or_default();
        format!("{}, {}{after}, {}", in_words(&self.endpoints), self.kind.name(), self.answer)
    }

    /// The checks that it breaks besides this one, in a line.
    pub fn others(&self, check: &str) -> String {
        let others: Vec<&str> = self.checks.iter().map(String::as_str).filter(|other| *other != check).collect();
        let named = others.iter().take(Self::NAMED).copied().collect::<Vec<_>>().join(", ");
        match others.len().saturating_sub(Self::NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

/// Endpoints as a sentence lists them.
fn in_words(endpoints: &[Endpoint]) -> String {
    let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name()).collect();
    match names.as_slice() {
        [] => "no endpoint".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What violations of one cause have in common. What tells two bugs apart differs with the kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark<'a> {
    kind: Kind,
    answer: &'a str,
    expected: Option<&'a str>,
    spoiled: Option<Spoiled>,
    endpoint: Option<Endpoint>,
    topic: Option<&'a str>,
}

impl<'a> Mark<'a> {
    /// The mark of a finding that went against its requirement.
    pub fn of(finding: &'a Finding) -> Option<Self> {
        let violation @ Violation { kind, answer, expected, endpoint, spoiled, .. } = finding.violation.as_ref()?;
        let bare = Self { kind: *kind, answer, expected: None, spoiled: None, endpoint: None, topic: None };
        Some(match kind {
            // Nothing that a client asks here is answered with a way to a page: something stands before the endpoints and sends all that it does not
            // know there, whatever was asked of which.
            Kind::Malformed | Kind::Refused if is_turned_away(finding, violation) => bare,
            // It decided rightly; where it is the same thing that was wrong, one place decides it and says it in the same wrong words everywhere.
            Kind::Malformed if spoiled.is_some() => Self { expected: Some(expected), spoiled: *spoiled, ..bare },
            Kind::Malformed => {
                Self { expected: Some(expected), endpoint: Some(*endpoint), topic: Some(finding.feature()), ..bare }
            }
            // A yes, a no or a failure has the same form whatever lies behind it: only the requirement says what was overlooked.
            Kind::Accepted | Kind::Refused | Kind::Ineffective | Kind::Leaked | Kind::Crashed => {
                Self { expected: Some(expected), endpoint: Some(*endpoint), topic: Some(&finding.rule), ..bare }
            }
        })
    }
}

/// Whether an endpoint that no browser visits sends its caller elsewhere.
fn is_turned_away(finding: &Finding, violation: &Violation) -> bool {
    let has_no_pages = match violation.endpoint {
        Endpoint::Token | Endpoint::DeviceAuthorization | Endpoint::Revocation | Endpoint::Introspection => true,
        Endpoint::Authorization
        | Endpoint::Verification
        | Endpoint::Metadata
        | Endpoint::Jwks
        | Endpoint::Resource
        | Endpoint::Registration
        | Endpoint::Page
        | Endpoint::Admin => false,
    };
    let answer = finding.judged().map(|at| &finding.exchanges[at].answer);
    has_no_pages && matches!(answer, Some(Answer::Response { status: 300..400, .. }))
}

impl Run {
    /// Groups what went wrong by cause, and numbers each finding's.
    pub fn group_causes(findings: &mut [Finding]) -> Vec<Cause> {
        let groups = Self::by_cause(findings, Outcome::Violated);
        let causes: Vec<Cause> = groups.iter().filter_map(|group| Cause::behind(group)).collect();
        for finding in findings {
            finding.cause = causes.iter().position(|cause| cause.checks.contains(&finding.id));
        }
        causes
    }

    /// The cause of a finding, where other findings have it too.
    pub fn shared_cause(&self, finding: &Finding) -> Option<&Cause> {
        self.causes.get(finding.cause?).filter(|cause| cause.checks.len() > 1)
    }

    /// The findings of an outcome in groups of one cause each, the largest first. A finding that names no violation stands alone.
    pub fn by_cause(findings: &[Finding], outcome: Outcome) -> Vec<Vec<&Finding>> {
        let mut groups: Vec<(Option<Mark<'_>>, Vec<&Finding>)> = Vec::new();
        for finding in findings.iter().filter(|finding| finding.outcome == outcome) {
            let mark = Mark::of(finding);
            match groups.iter_mut().find(|(other, _)| mark.is_some() && *other == mark) {
                Some((_, group)) => group.push(finding),
                None => groups.push((mark, vec![finding])),
            }
        }
        let mut groups: Vec<Vec<&Finding>> = groups.into_iter().map(|(_, group)| group).collect();
        groups.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a[0].id.cmp(&b[0].id)));
        groups
    }
}

impl Cause {
    /// The cause behind findings that have one; none where they name no violation.
    pub fn behind(findings: &[&Finding]) -> Option<Self> {
        let (first, mark) = (findings.first()?.violation.as_ref()?, Mark::of(findings.first()?)?);
        let mut counted: Vec<(Endpoint, usize)> = Vec::new();
        for endpoint in findings.iter().filter_map(|finding| Some(finding.violation.as_ref()?.endpoint)) {
            match counted.iter_mut().find(|(other, _)| *other == endpoint) {
                Some((_, count)) => *count += 1,
                None => counted.push((endpoint, 1)),
            }
        }
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Some(Self {
            endpoints: counted.into_iter().map(|(endpoint, _)| endpoint).collect(),
            kind: first.kind,
            answer: first.answer.clone(),
            spoiled: mark.spoiled,
            checks: findings.iter().map(|finding| finding.id.clone()).collect(),
        })
    }
}
