//! Where metrics are pushed to: the URL of `--otlp`, or what OpenTelemetry's own variables say.
//!
//! | variable | read | for |
//! |---|---|---|
//! | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT` | where `--otlp` has no URL | the collector; to the second `/v1/metrics` is added |
//! | `OTEL_EXPORTER_OTLP_METRICS_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS` | where `--otlp` has no URL | secrets: they go where those who set them meant them to go |
//! | `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL` | where `--otlp` has no URL | refused where it is not `http/protobuf` |
//! | `OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CERTIFICATE` | always | a PEM file of authorities that are trusted too |
//! | `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT` | always | milliseconds for a push |
//! | `OTEL_METRIC_EXPORT_INTERVAL` | always | milliseconds between two pushes |
//! | `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` | always | `base2_exponential_bucket_histogram` |
//! | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | always | attributes of the resource |
//!
//! The first of two wins. A variable that is empty is not set. An unknown aggregation is said and not heeded; sums are always cumulative.

use std::path::Path;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::load::{Aggregation, Collector};
use crate::protocol::Secret;
use crate::wire::{Connect, Mailbox};

/// Reads a variable of the environment.
type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Where a collector is that nobody named.
const DEFAULT: &str = "http://localhost:4318";

/// The path of metrics below an endpoint.
const SIGNAL: &str = "v1/metrics";

/// Between two pushes: a run is shorter than what OpenTelemetry has in mind with its minute.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long a push may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A collector, and what was said of it that is not heeded.
#[derive(Debug)]
pub struct Found {
    /// The collector.
    pub collector: Collector,
    /// One sentence for each.
    pub ignored: Vec<String>,
}

/// The collector at this URL, or where the variables say.
///
/// # Errors
/// What is wrong with the URL or a variable, without its value where that may be a secret.
pub fn collector(url: Option<&str>, env: &Env<'_>) -> Result<Found, String> {
    let env = &|name: &str| env(name).filter(|value| !value.trim().is_empty());
    let (url, headers) = match url {
        Some(url) => (below("--otlp", url)?, Vec::new()),
        None => {
            protocol(env)?;
            (endpoint(env)?, headers(env)?)
        }
    };
    let mut connect = Connect::default();
    if let Some((name, path)) = either("CERTIFICATE", env) {
        connect.trust(Path::new(&path)).map_err(|expected| format!("{name}: expected {expected}"))?;
    }
    let timeout = either("TIMEOUT", env).map_or(Ok(TIMEOUT), |(name, value)| millis(&name, &value))?;
    let interval = "OTEL_METRIC_EXPORT_INTERVAL";
    let interval = env(interval).map_or(Ok(INTERVAL), |value| millis(interval, &value))?;
    let mailbox = Mailbox::new(url, &headers, &connect, timeout).map_err(|failure| format!("--otlp: {failure}"))?;
    let mut ignored = Vec::new();
    let form = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    let aggregation = match env(form).map(|value| value.to_ascii_lowercase()).as_deref() {
        None | Some("explicit_bucket_histogram") => Aggregation::Explicit,
        Some("base2_exponential_bucket_histogram") => Aggregation::Exponential,
        Some(_) => {
            ignored.push(format!("{form} names no form of histograms that there is: buckets with fixed bounds are pushed"));
            Aggregation::Explicit
        }
    };
    Ok(Found { collector: Collector { mailbox, interval, aggregation, resource: resource(env)? }, ignored })
}

/// The variable for metrics alone, or the one for everything, with its name.
fn either(what: &str, env: &Env<'_>) -> Option<(String, String)> {
    let names = [format!("OTEL_EXPORTER_OTLP_METRICS_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")];
    names.into_iter().find_map(|name| env(&name).map(|value| (name, value)))
}

fn protocol(env: &Env<'_>) -> Result<(), String> {
    match either("PROTOCOL", env) {
        Some((name, value)) if value.trim() != "http/protobuf" => Err(format!(
            "{name} is not http/protobuf, which is what flowproof speaks: name such a receiver, --otlp http://127.0.0.1:4318"
        )),
        Some(_) | None => Ok(()),
    }
}

fn endpoint(env: &Env<'_>) -> Result<Url, String> {
    let whole = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    match env(whole) {
        Some(text) => url(whole, &text),
        None => below("OTEL_EXPORTER_OTLP_ENDPOINT", &env("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| DEFAULT.to_owned())),
    }
}

fn url(name: &str, text: &str) -> Result<Url, String> {
    let expected = || format!("{name}: expected the http or https URL of a collector, such as http://127.0.0.1:4318");
    let url = Url::parse(text.trim()).map_err(|_| expected())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(expected());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "{name}: a URL is shown and logged: leave credentials to OTEL_EXPORTER_OTLP_HEADERS, and use --otlp without a URL"
        ));
    }
    Ok(url)
}

/// The place of metrics below an endpoint, or the endpoint where it is that already.
fn below(name: &str, text: &str) -> Result<Url, String> {
    let mut url = url(name, text)?;
    let path = url.path().trim_end_matches('/');
    if !path.ends_with(SIGNAL) {
        let path = format!("{path}/{SIGNAL}");
        url.set_path(&path);
    }
    Ok(url)
}

fn millis(name: &str, value: &str) -> Result<Duration, String> {
    let number = value.trim().parse().ok().filter(|millis| (1..=86_400_000).contains(millis));
    number.map(Duration::from_millis).ok_or_else(|| format!("{name}: expected milliseconds, such as 5000"))
}

/// `name=value,name=value`, with escapes as in URLs; the values may be secrets, so what is wrong is told by its place.
fn pairs(variable: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (at, part) in text.split(',').enumerate().filter(|(_, part)| !part.trim().is_empty()) {
        let wrong = || format!("{variable}: expected name=value,name=value; entry {} is none", at + 1);
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8().map(std::borrow::Cow::into_owned);
        let (name, value) = (decoded(name).map_err(|_| wrong())?, decoded(value).map_err(|_| wrong())?);
        if name.is_empty() {
            return Err(wrong());
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn headers(env: &Env<'_>) -> Result<Vec<(String, Secret)>, String> {
    let Some((variable, text)) = either("HEADERS", env) else { return Ok(Vec::new()) };
    let secret = |(name, value): (String, String)| {
        let value = Secret::chosen(&name, value);
        (name, value)
    };
    Ok(pairs(&variable, &text)?.into_iter().map(secret).collect())
}

fn resource(env: &Env<'_>) -> Result<Vec<(String, String)>, String> {
    let variable = "OTEL_RESOURCE_ATTRIBUTES";
    let mut attributes = env(variable).map_or(Ok(Vec::new()), |text| pairs(variable, &text))?;
    if let Some(name) = env("OTEL_SERVICE_NAME") {
        attributes.retain(|(other, _)| other != "service.name");
        attributes.push(("service.name".to_owned(), name));
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: Option<&str>, variables: &[(&str, &str)]) -> Result<Found, String> {
        collector(url, &|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    fn place(url: Option<&str>, variables: &[(&str, &str)]) -> String {
        found(url, variables).expect("it is sound").collector.mailbox.place()
    }

    const EVERYTHING: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp/");
    const METRICS: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics.example/in");

    #[test]
    fn metrics_go_below_an_endpoint_and_to_an_endpoint_of_their_own_as_it_is() {
        assert_eq!(place(None, &[]), "http://localhost:4318/v1/metrics");
        assert_eq!(place(None, &[EVERYTHING]), "https://collector.example/otlp/v1/metrics");
        assert_eq!(place(None, &[EVERYTHING, METRICS]), "https://metrics.example/in");
        assert_eq!(place(None, &[EVERYTHING, (METRICS.0, " ")]), "https://collector.example/otlp/v1/metrics");
        assert_eq!(place(Some("http://127.0.0.1:4318"), &[METRICS]), "http://127.0.0.1:4318/v1/metrics");
        assert_eq!(place(Some("http://127.0.0.1:4318/v1/metrics"), &[]), "http://127.0.0.1:4318/v1/metrics");
    }

    #[test]
    fn what_is_wrong_names_the_variable_and_no_value() {
        for (variable, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "s3cr3t"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector.example"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:s3cr3t@collector.example"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=one,s3cr3t"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "=s3cr3t"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "api-key=%ff"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "5s"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "nowhere.pem"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team"),
        ] {
            let why = found(None, &[(variable, value)]).expect_err(variable);
            assert!(why.starts_with(variable) && !why.contains("s3cr3t"), "{why}");
        }
    }

    #[test]
    fn headers_of_the_environment_go_only_where_the_environment_says() {
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "not a list");
        assert!(found(None, &[headers]).is_err());
        assert!(found(Some("http://127.0.0.1:4318"), &[headers]).is_ok(), "they are not even read");
    }

    #[test]
    fn the_resource_is_named_as_the_variables_say() {
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other, team=id%20team");
        let found = found(None, &[attributes, ("OTEL_SERVICE_NAME", "load")]).expect("it is sound");
        let expected = [("team", "id team"), ("service.name", "load")];
        assert_eq!(found.collector.resource, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_form_of_histograms_is_what_the_variable_says_where_there_is_such_a_form() {
        let of =
            |value| found(None, &[("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", value)]).expect("it is sound");
        assert_eq!(of("base2_exponential_bucket_histogram").collector.aggregation, Aggregation::Exponential);
        assert_eq!((of("summary").collector.aggregation, of("summary").ignored.len()), (Aggregation::Explicit, 1));
    }
}
