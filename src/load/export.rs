//! Tells others how a run goes while it lasts: Prometheus asks for it, a collector of OpenTelemetry is told.
//!
//! ```text
//! measure, post, ledger, obedience, vigil -> Figures (reads them when asked) -> exposition -> scrape: GET /metrics
//! instrument (the register of names) ------^                                 -> otlp -> push: POST /v1/metrics
//! ```
//!
//! The users of a run do nothing for it that they would not do anyhow: they count, and sums are made by whoever asks. Histograms have buckets with
//! fixed bounds and are no summaries: those of several generators and of any stretch of time add up, and percentiles do not; the exact ones are in
//! the report.

use std::net::TcpListener;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::tell::Tell;

mod buckets;
mod exposition;
mod figures;
mod instrument;
mod otlp;
mod push;
mod scrape;

pub use figures::{About, Figures};
pub use instrument::{Instrument, Kind};
pub use otlp::Aggregation;
pub use push::Collector;

/// Where the figures of a run go while it lasts.
#[derive(Debug, Default)]
pub struct Exports {
    /// Bound already; `GET /metrics` is answered there until the run has ended.
    pub scrape: Option<TcpListener>,
    /// A collector that is told every few seconds, and once at the end.
    pub collector: Option<Collector>,
    /// Where goose shows its own dashboard, on loopback; what it shows is what goose counts. goose binds for itself when the users begin, and until
    /// then this keeps the port.
    pub goose_dashboard: Option<TcpListener>,
}

/// Tells of one run, until it is dropped.
pub struct Exporting {
    server: Option<JoinHandle<()>>,
    pushing: Option<(Arc<push::Pusher>, JoinHandle<()>)>,
}

impl Exporting {
    /// Begins.
    ///
    /// # Errors
    /// The listener cannot be used.
    pub fn start(
        scrape: Option<TcpListener>,
        collector: Option<Collector>,
        figures: &Arc<Figures>,
        tell: &Arc<Tell>,
    ) -> std::io::Result<Self> {
        let server = match scrape {
            None => None,
            Some(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                Some(tokio::spawn(scrape::serve(listener, Arc::clone(figures))))
            }
        };
        let pushing = collector.map(|collector| {
            let pusher = Arc::new(push::Pusher::new(collector, Arc::clone(figures), Arc::clone(tell)));
            let keeps = Arc::clone(&pusher);
            (pusher, tokio::spawn(async move { keeps.keep().await }))
        });
        Ok(Self { server, pushing })
    }

    /// Tells the collector how it all ended, within a bound; until then the other way stays open too.
    pub async fn finish(mut self) {
        if let Some((pusher, keeps)) = self.pushing.take() {
            keeps.abort();
            // One push after the other: what an earlier one told must not come last.
            drop(keeps.await);
            pusher.finish().await;
        }
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
        if let Some((_, keeps)) = &self.pushing {
            keeps.abort();
        }
    }
}
