//! The figures as Prometheus reads them: OpenMetrics 1.0, or its own older text format.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::buckets::{BOUNDS, explicit, seconds};
use super::figures::{Family, Point, Value};
use super::instrument::{Kind, label};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus' own, 0.0.4.
    Text,
}

impl Format {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => prometheus_text::CONTENT_TYPE,
        }
    }

    /// The one that `Accept` prefers; the older one where it says nothing (RFC 9110 section 12.5.1).
    pub fn accepted(accept: &str) -> Self {
        let weight = |media: &str| {
            let ranges =
                accept.split(',').map(str::trim).filter(|range| range.split(';').next().unwrap_or_default().trim() == media);
            let q = |range: &str| {
                let mut parameters = range.split(';').skip(1).map(str::trim);
                parameters.find_map(|one| one.strip_prefix("q=")?.parse::<f64>().ok()).unwrap_or(1.0)
            };
            ranges.map(q).fold(0.0, f64::max)
        };
        let (newer, older) = (weight("application/openmetrics-text"), weight("text/plain"));
        if newer > 0.0 && newer >= older { Self::OpenMetrics } else { Self::Text }
    }
}

/// Renders the figures.
///
/// # Errors
/// Never for figures of ours; the encoder can refuse, and says no more.
pub fn render(families: Vec<Family>, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Told(families)));
    let mut out = String::new();
    match format {
        Format::OpenMetrics => text::encode(&mut out, &registry)?,
        Format::Text => prometheus_text::encode(&mut out, &registry)?,
    }
    Ok(out)
}

#[derive(Debug)]
struct Told(Vec<Family>);

impl Collector for Told {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { instrument, points } in self.0.iter().filter(|family| !family.points.is_empty()) {
            let unit = instrument.prometheus_unit().map(|unit| Unit::Other(unit.to_owned()));
            let kind = match instrument.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram => MetricType::Histogram,
                Kind::Info => MetricType::Info,
            };
            let stem = instrument.prometheus_stem();
            let mut encoder = encoder.encode_descriptor(&stem, instrument.help, unit.as_ref(), kind)?;
            for Point { attributes, value } in points {
                let names = instrument.attributes.iter().map(|name| label(name));
                let labels: Vec<(String, &str)> = names.zip(attributes.iter().map(AsRef::as_ref)).collect();
                if instrument.kind == Kind::Info {
                    encoder.encode_info(&labels)?;
                } else if labels.is_empty() {
                    put(&mut encoder, instrument.kind, value)?;
                } else {
                    put(&mut encoder.encode_family(&labels)?, instrument.kind, value)?;
                }
            }
        }
        Ok(())
    }
}

fn put(encoder: &mut MetricEncoder<'_>, kind: Kind, value: &Value) -> fmt::Result {
    const NONE: Option<&Exemplar<NoLabelSet, f64>> = None;
    match (value, kind) {
        (Value::Durations(latency), _) => {
            let counts = explicit(latency);
            let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
            encoder.encode_histogram::<NoLabelSet>(seconds(latency.sum), latency.count(), &buckets, None)
        }
        (Value::Whole(count), Kind::Counter) => encoder.encode_counter(count, NONE),
        (Value::Seconds(time), Kind::Counter) => encoder.encode_counter(time, NONE),
        (Value::Whole(count), Kind::Gauge | Kind::Histogram | Kind::Info) => encoder.encode_gauge(count),
        (Value::Seconds(time), Kind::Gauge | Kind::Histogram | Kind::Info) => encoder.encode_gauge(time),
    }
}
