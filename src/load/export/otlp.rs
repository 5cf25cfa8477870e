//! The figures as OTLP has them: one request with all of them, sums since the beginning (cumulative), in Protobuf.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::buckets::{BOUNDS, explicit, exponential, seconds};
use super::figures::{Family, Point, Value};
use super::instrument::Kind;
use crate::verdict::Latency;

/// The form that histograms are sent in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregation {
    /// Buckets with fixed bounds, which every backend takes.
    #[default]
    Explicit,
    /// Exponential buckets, as fine as they can be.
    Exponential,
}

/// What all points of a run have in common.
pub struct Envelope {
    /// The attributes of the resource, by name.
    pub resource: Vec<(String, String)>,
    /// When counting began.
    pub since: SystemTime,
    /// The form of histograms.
    pub aggregation: Aggregation,
}

/// The time of a set of points: when counting began, and now.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

impl Envelope {
    /// The request that tells these figures, which stand so now.
    pub fn request(&self, families: Vec<Family>, now: SystemTime) -> ExportMetricsServiceRequest {
        let span = Span { from: nanos(self.since), to: nanos(now) };
        let told = families.into_iter().filter(|family| family.instrument.kind != Kind::Info && !family.points.is_empty());
        let metrics = told.map(|family| self.metric(family, span)).collect();
        let scope = InstrumentationScope {
            name: "flowproof".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let resource = Resource {
            attributes: self.resource.iter().map(|(name, value)| attribute(name, value)).collect(),
            ..Resource::default()
        };
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(resource),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }],
                ..ResourceMetrics::default()
            }],
        }
    }

    fn metric(&self, Family { instrument, points }: Family, span: Span) -> Metric {
        let each = points.into_iter().map(|Point { attributes, value }| {
            let attributes: Vec<KeyValue> =
                instrument.attributes.iter().zip(&attributes).map(|(name, value)| attribute(name, value)).collect();
            (attributes, value)
        });
        let temporality = AggregationTemporality::Cumulative.into();
        let data = match (instrument.kind, self.aggregation) {
            (Kind::Counter, _) => Data::Sum(Sum {
                data_points: each.map(|(attributes, value)| number(attributes, &value, span)).collect(),
                aggregation_temporality: temporality,
                is_monotonic: true,
            }),
            (Kind::Gauge | Kind::Info, _) => {
                Data::Gauge(Gauge { data_points: each.map(|(attributes, value)| number(attributes, &value, span)).collect() })
            }
            (Kind::Histogram, Aggregation::Explicit) => Data::Histogram(Histogram {
                data_points: each.map(|(attributes, value)| in_buckets(attributes, &durations(value), span)).collect(),
                aggregation_temporality: temporality,
            }),
            (Kind::Histogram, Aggregation::Exponential) => Data::ExponentialHistogram(ExponentialHistogram {
                data_points: each.map(|(attributes, value)| in_octaves(attributes, &durations(value), span)).collect(),
                aggregation_temporality: temporality,
            }),
        };
        Metric {
            name: instrument.name.to_owned(),
            description: instrument.help.to_owned(),
            unit: instrument.unit.to_owned(),
            data: Some(data),
            ..Metric::default()
        }
    }
}

fn nanos(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn attribute(name: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Any::StringValue(value.to_owned())) };
    KeyValue { key: name.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn durations(value: Value) -> Latency {
    match value {
        Value::Durations(latency) => latency,
        Value::Whole(_) | Value::Seconds(_) => Latency::default(),
    }
}

fn number(attributes: Vec<KeyValue>, value: &Value, span: Span) -> NumberDataPoint {
    let value = match value {
        Value::Whole(count) => Number::AsInt(i64::try_from(*count).unwrap_or(i64::MAX)),
        Value::Seconds(time) => Number::AsDouble(*time),
        Value::Durations(latency) => Number::AsDouble(seconds(latency.sum)),
    };
    NumberDataPoint {
        attributes,
        start_time_unix_nano: span.from,
        time_unix_nano: span.to,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

/// The shortest and the longest duration, where there is one.
fn extremes(latency: &Latency) -> (Option<f64>, Option<f64>) {
    let first = latency.buckets.first().map(|(highest, _)| seconds((*highest).min(latency.max)));
    (first, first.map(|_| seconds(latency.max)))
}

fn in_buckets(attributes: Vec<KeyValue>, latency: &Latency, span: Span) -> HistogramDataPoint {
    let (min, max) = extremes(latency);
    HistogramDataPoint {
        attributes,
        start_time_unix_nano: span.from,
        time_unix_nano: span.to,
        count: latency.count(),
        sum: Some(seconds(latency.sum)),
        bucket_counts: explicit(latency).to_vec(),
        explicit_bounds: BOUNDS.map(seconds).to_vec(),
        min,
        max,
        ..HistogramDataPoint::default()
    }
}

fn in_octaves(attributes: Vec<KeyValue>, latency: &Latency, span: Span) -> ExponentialHistogramDataPoint {
    let (told, (min, max)) = (exponential(latency), extremes(latency));
    ExponentialHistogramDataPoint {
        attributes,
        start_time_unix_nano: span.from,
        time_unix_nano: span.to,
        count: latency.count(),
        sum: Some(seconds(latency.sum)),
        scale: told.scale,
        zero_count: told.zeros,
        positive: Some(Buckets { offset: told.offset, bucket_counts: told.counts }),
        min,
        max,
        ..ExponentialHistogramDataPoint::default()
    }
}
