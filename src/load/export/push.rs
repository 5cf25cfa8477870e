//! Pushes the figures to a collector every few seconds and once at the end; a collector that does not take them is a warning, said once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;
use tokio::time::{Instant, MissedTickBehavior};

use super::figures::Figures;
use super::otlp::{Aggregation, Envelope};
use crate::load::tell::{News, Tell};
use crate::wire::{Mailbox, Receipt};

/// The media type of what is pushed.
const PROTOBUF: &str = "application/x-protobuf";

/// How long the end of a run waits for the collector, at most.
pub const FLUSH: Duration = Duration::from_secs(3);

/// How long it waits for one that did not take an earlier push.
const SHORT_FLUSH: Duration = Duration::from_secs(1);

/// Between two attempts at the end.
const AGAIN: Duration = Duration::from_millis(500);

/// The most of a collector's own words that are repeated.
const LONGEST_WORDS: usize = 200;

/// A collector, and how it is told.
#[derive(Clone, Debug)]
pub struct Collector {
    /// Where it is.
    pub mailbox: Mailbox,
    /// How often it is told.
    pub interval: Duration,
    /// The form of histograms.
    pub aggregation: Aggregation,
    /// Attributes of the resource beside what a run is called; they win over it.
    pub resource: Vec<(String, String)>,
}

/// Tells a collector.
pub struct Pusher {
    mailbox: Mailbox,
    interval: Duration,
    envelope: Envelope,
    figures: Arc<Figures>,
    tell: Arc<Tell>,
    has_warned: AtomicBool,
}

/// Why a push came to nothing.
struct Lost {
    why: String,
    /// Whether the same may be taken a little later (the retryable statuses of OTLP).
    may_pass: bool,
}

impl Pusher {
    /// Of the figures of a run that begins now.
    pub fn new(collector: Collector, figures: Arc<Figures>, tell: Arc<Tell>) -> Self {
        let Collector { mailbox, interval, aggregation, resource: more } = collector;
        let mut resource = figures.about.resource();
        for (name, value) in more {
            resource.retain(|(other, _)| *other != name);
            resource.push((name, value));
        }
        let envelope = Envelope { resource, since: SystemTime::now(), aggregation };
        Self { mailbox, interval, envelope, figures, tell, has_warned: AtomicBool::new(false) }
    }

    /// Pushes again and again, until it is dropped.
    pub async fn keep(&self) {
        let mut due = tokio::time::interval_at(Instant::now() + self.interval, self.interval);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            if let Err(Lost { why, .. }) = self.push().await {
                self.warn(&why);
            }
        }
    }

    /// Pushes once more, for the last time: what the collector does not take at once is tried again, within a bound.
    pub async fn finish(&self) {
        let mut last = None;
        let pushing = async {
            while let Err(lost) = self.push().await {
                let may_pass = lost.may_pass;
                last = Some(lost.why);
                if !may_pass {
                    return;
                }
                tokio::time::sleep(AGAIN).await;
            }
            last = None;
        };
        let bound = if self.has_warned.load(Ordering::Relaxed) { SHORT_FLUSH } else { FLUSH };
        let is_late = tokio::time::timeout(bound, pushing).await.is_err();
        if let Some(why) = last.or_else(|| is_late.then(|| format!("no answer within {bound:?}"))) {
            self.warn(&why);
        }
    }

    async fn push(&self) -> Result<(), Lost> {
        let request = self.envelope.request(self.figures.read(), SystemTime::now());
        let receipt = match self.mailbox.post(PROTOBUF, request.encode_to_vec()).await {
            Ok(receipt) => receipt,
            Err(failure) => return Err(Lost { why: failure.to_string(), may_pass: false }),
        };
        if !receipt.is_success() {
            let may_pass = matches!(receipt.status, 429 | 502 | 503 | 504);
            return Err(Lost { why: format!("it answers {}", receipt.status_in_words()), may_pass });
        }
        refused_in_part(&receipt).map_or(Ok(()), |why| Err(Lost { why, may_pass: false }))
    }

    fn warn(&self, why: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            let what = format!("{}: {why}; the run goes on, and this is not said again", self.mailbox.place());
            (self.tell)(News::NotPushed(&what));
        }
    }
}

/// What the collector says that it did not take, where it says so.
fn refused_in_part(receipt: &Receipt) -> Option<String> {
    let partial = ExportMetricsServiceResponse::decode(receipt.body.as_slice()).ok()?.partial_success?;
    let words: String = partial.error_message.chars().filter(|one| !one.is_control()).take(LONGEST_WORDS).collect();
    (partial.rejected_data_points > 0).then(|| format!("it refused {} points: {words}", partial.rejected_data_points))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;

    use super::*;

    #[test]
    fn what_a_collector_did_not_take_is_told_in_its_words_but_no_control_characters() {
        let told = |rejected_data_points, error_message: &str| {
            let partial = ExportMetricsPartialSuccess { rejected_data_points, error_message: error_message.to_owned() };
            let response = ExportMetricsServiceResponse { partial_success: Some(partial) };
            refused_in_part(&Receipt { status: 200, body: response.encode_to_vec() })
        };
        assert_eq!(told(2, "too \u{1b}[31mold"), Some("it refused 2 points: too [31mold".to_owned()));
        assert_eq!(told(0, "consider less"), None);
        assert_eq!(refused_in_part(&Receipt { status: 200, body: b"{}".to_vec() }), None);
    }
}
