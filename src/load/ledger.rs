//! Keeps the account of what must hold whatever the load: how often each invariant was looked at, what broke it, and the exchanges that show it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::invariant::Invariant;
use crate::protocol::{Answer, Exchange};
use crate::provider::Client;
use crate::verdict::{ClientSeen, Finding, Level, Looked, Outcome, PlayedStep, Violation};

/// The account of a run; users share it.
pub struct Ledger {
    pages: [Page; Invariant::ALL.len()],
}

/// What is known of one invariant.
#[derive(Default)]
struct Page {
    watched: AtomicU64,
    breaches: AtomicU64,
    remarks: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    breach: Option<Evidence>,
    remark: Option<Evidence>,
    /// What could not be looked at, and why.
    open: Vec<String>,
}

/// What shows a breach, or what is worth a remark.
#[derive(Clone, Default)]
pub struct Evidence {
    /// What the provider did, where that says more than the invariant does.
    pub got: Option<String>,
    /// The client, where it is about one.
    pub client: Option<ClientSeen>,
    /// What was sent and received, in order, masked.
    pub exchanges: Vec<Exchange>,
}

impl Evidence {
    /// One exchange.
    pub fn of(exchange: Option<Exchange>) -> Self {
        Self { exchanges: exchange.into_iter().collect(), ..Self::default() }
    }
}

/// A client as reports name it.
pub fn seen(client: &Client) -> ClientSeen {
    ClientSeen { role: client.role.clone(), auth: client.auth.name().to_owned() }
}

fn lock(mutex: &Mutex<Told>) -> MutexGuard<'_, Told> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Ledger {
    fn default() -> Self {
        Self { pages: std::array::from_fn(|_| Page::default()) }
    }
}

impl Ledger {
    fn page(&self, invariant: Invariant) -> &Page {
        // The list of all is in the order of the enum; a test holds it.
        &self.pages[invariant as usize]
    }

    /// Counts what was looked at.
    pub fn watched(&self, invariant: Invariant, count: u64) {
        self.page(invariant).watched.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts a breach; the first is shown, and its evidence is made only for that.
    pub fn breach(&self, invariant: Invariant, evidence: impl FnOnce() -> Evidence) {
        let page = self.page(invariant);
        if page.breaches.fetch_add(1, Ordering::Relaxed) == 0 {
            let evidence = evidence();
            lock(&page.told).breach = Some(evidence);
        }
    }

    /// Counts what is allowed and worth to be known.
    pub fn remark(&self, invariant: Invariant, evidence: impl FnOnce() -> Evidence) {
        let page = self.page(invariant);
        if page.remarks.fetch_add(1, Ordering::Relaxed) == 0 {
            let evidence = evidence();
            lock(&page.told).remark = Some(evidence);
        }
    }

    /// Notes what could not be looked at, and why.
    pub fn open(&self, invariant: Invariant, why: impl Into<String>) {
        let (page, why) = (self.page(invariant), why.into());
        let mut told = lock(&page.told);
        if !told.open.contains(&why) {
            told.open.push(why);
        }
    }

    /// How often an invariant was looked at so far, and how often it was broken.
    pub fn standing(&self, invariant: Invariant) -> (u64, u64) {
        let page = self.page(invariant);
        (page.watched.load(Ordering::Relaxed), page.breaches.load(Ordering::Relaxed))
    }

    /// Breaches of musts so far.
    pub fn violations(&self) -> u64 {
        let musts = Invariant::ALL.iter().filter(|one| one.meaning().level == Level::Must);
        musts.map(|one| self.page(*one).breaches.load(Ordering::Relaxed)).sum()
    }

    /// What did not hold so far, and how often.
    pub fn breaches(&self) -> Vec<(Invariant, u64)> {
        let count = |one: &Invariant| (*one, self.page(*one).breaches.load(Ordering::Relaxed));
        Invariant::ALL.iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// What became of every invariant that the run had anything to do with; `one_in` says of how many tokens and codes one was watched.
    pub fn findings(&self, issuer: &str, one_in: u64) -> Vec<Finding> {
        Invariant::ALL.iter().filter_map(|one| self.finding(*one, issuer, one_in)).collect()
    }

    fn finding(&self, invariant: Invariant, issuer: &str, one_in: u64) -> Option<Finding> {
        let page = self.page(invariant);
        let told = lock(&page.told);
        let account =
            Account { looked: page.looked(), breach: told.breach.as_ref(), remark: told.remark.as_ref(), open: &told.open };
        account.finding(invariant, issuer, one_in)
    }

    /// How often each invariant was looked at that was, by the id of its finding.
    pub fn looked(&self) -> BTreeMap<String, Looked> {
        let looked = Invariant::ALL.iter().map(|one| (one.id(), self.page(*one).looked()));
        looked.filter(|(_, looked)| !looked.is_nothing()).collect()
    }
}

impl Page {
    fn looked(&self) -> Looked {
        let [watched, breaches, remarks] =
            [&self.watched, &self.breaches, &self.remarks].map(|count| count.load(Ordering::Relaxed));
        Looked { watched, breaches, remarks }
    }
}

/// What is known of one invariant at the end, from one generator or from several.
pub struct Account<'a> {
    /// The counts.
    pub looked: Looked,
    /// The first breach.
    pub breach: Option<&'a Evidence>,
    /// The first remark.
    pub remark: Option<&'a Evidence>,
    /// What could not be looked at, and why.
    pub open: &'a [String],
}

/// What is said behind what the provider did, where it did so more than once.
pub fn times_in_words(times: u64) -> String {
    if times > 1 { format!("; {times} times in this run") } else { String::new() }
}

impl Account<'_> {
    /// What became of the invariant; none where the run had nothing to do with it. `one_in` says of how many tokens and codes one was watched.
    pub fn finding(&self, invariant: Invariant, issuer: &str, one_in: u64) -> Option<Finding> {
        let Looked { watched, breaches, remarks } = self.looked;
        if self.looked.is_nothing() && self.open.is_empty() {
            return None;
        }
        let meaning = invariant.meaning();
        let (outcome, evidence) = match (self.breach, self.remark) {
            (Some(breach), _) if meaning.level == Level::Must => (Outcome::Violated, Some(breach)),
            (Some(breach), _) => (Outcome::Warned, Some(breach)),
            (None, Some(remark)) => (Outcome::Noted, Some(remark)),
            (None, None) if watched == 0 => (Outcome::Inconclusive, None),
            (None, None) => (Outcome::Passed, None),
        };
        let evidence = evidence.cloned();
        let times = if breaches > 0 { breaches } else { remarks };
        let violation = evidence.as_ref().map(|evidence| {
            let shown = evidence.exchanges.len().checked_sub(1);
            let got = evidence.got.clone().unwrap_or_else(|| meaning.got.to_owned());
            Violation {
                kind: meaning.kind,
                step: meaning.title.to_owned(),
                expected: meaning.expected.to_owned(),
                got: format!("{got}{}", times_in_words(times)),
                endpoint: shown.map_or(meaning.endpoint, |at| evidence.exchanges[at].endpoint),
                answer: shown.map_or_else(String::new, |at| answer(&evidence.exchanges[at])),
                spoiled: None,
                exchange: shown,
            }
        });
        let share = if invariant.is_issued_once() && one_in > 1 {
            format!(", of which one in {one_in} was remembered")
        } else {
            String::new()
        };
        let looked = format!("{watched} {} were looked at{share}", meaning.watched);
        let (client, exchanges) = evidence.map_or((None, Vec::new()), |evidence| (evidence.client, evidence.exchanges));
        Some(Finding {
            id: invariant.id(),
            title: meaning.title.to_owned(),
            rule: meaning.rule.to_owned(),
            requirements: meaning.requirements.iter().map(|one| (*one).to_owned()).collect(),
            level: meaning.level,
            sections: meaning.sections(),
            outcome,
            reason: (!self.open.is_empty()).then(|| self.open.join("; ")),
            violation,
            known: None,
            cause: None,
            issuer: Some(issuer.to_owned()),
            client,
            place: format!("load:{}", meaning.slug),
            steps: if watched > 0 { vec![PlayedStep { text: looked, began: 0 }] } else { Vec::new() },
            exchanges,
            millis: 0,
        })
    }
}

/// Status and media type of an answer, as causes are told by.
fn answer(exchange: &Exchange) -> String {
    match &exchange.answer {
        Answer::Response { status, headers, .. } => {
            let media = headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value.as_str());
            format!("status {status}, {}", media.split(';').next().unwrap_or_default().trim())
        }
        Answer::Failure(failure) => failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_looked_at_is_not_told_of() {
        assert!(Ledger::default().findings("https://as.example", 1).is_empty());
    }

    #[test]
    fn the_first_breach_is_shown_and_all_are_counted() {
        let ledger = Ledger::default();
        ledger.watched(Invariant::CodeIssuedOnce, 40);
        for what in ["first", "second"] {
            ledger.breach(Invariant::CodeIssuedOnce, || Evidence { got: Some(what.to_owned()), ..Evidence::default() });
        }
        let finding = ledger.findings("https://as.example", 4).pop().expect("one was looked at");
        assert_eq!((finding.id.as_str(), finding.outcome), ("load/code-issued-once", Outcome::Violated));
        assert_eq!(finding.violation.expect("it was broken").got, "first; 2 times in this run");
        assert!(finding.steps[0].text.contains("40 codes") && finding.steps[0].text.contains("one in 4"));
        assert_eq!(ledger.violations(), 2);
    }

    #[test]
    fn a_breach_of_a_should_warns_and_a_remark_is_noted() {
        let ledger = Ledger::default();
        ledger.breach(Invariant::SlowDownWhereDue, Evidence::default);
        ledger.remark(Invariant::AccessTokenForOne, Evidence::default);
        ledger.open(Invariant::RotatedTokenDead, "no chain");
        let outcomes: Vec<_> = ledger.findings("i", 1).into_iter().map(|finding| finding.outcome).collect();
        assert_eq!(outcomes, [Outcome::Noted, Outcome::Inconclusive, Outcome::Warned]);
        assert_eq!(ledger.violations(), 0);
    }

    #[test]
    fn every_invariant_has_a_slug_of_its_own() {
        let mut slugs: Vec<_> = Invariant::ALL.iter().map(|one| one.meaning().slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Invariant::ALL.len());
        assert!(Invariant::ALL.iter().enumerate().all(|(at, one)| *one as usize == at));
    }
}
