//! What others are told of a run while it lasts: Prometheus, a collector of OpenTelemetry, and goose's dashboard.

mod dashboard;
mod exposition;
mod trouble;

use std::net::SocketAddr;
use std::time::Duration;

use exposition::Exposition;
use flowproof::load::{Aggregation, Collector, Exports, Instrument, run};
use flowproof::verdict::{LoadRun, Measurement};
use flowproof::wire::{Connect, Mailbox};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use url::Url;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::mocks::{at, error, json_of, numbered, served};
use super::{alone, order, reference};

/// One token answer in five is refused; arrivals at a rate, a ramp, and users that are too few for a while.
const PLAN: &str =
    "users: 3\narrivals: 60/s\nramp: 400ms\nhold: 1600ms\ntimeout: 5s\nflows: [{ flow: client_credentials, name: machines }]\n";

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long the collector takes for each push, the last one too: until then the run is not over, and all of it has been counted.
const SLOW: Duration = Duration::from_millis(700);

fn listener() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

fn collector(url: &str, aggregation: Aggregation) -> Collector {
    let url = Url::parse(url).expect("a URL");
    let mailbox = Mailbox::new(url, &[], &Connect::default(), Duration::from_secs(5)).expect("it can be sent");
    let resource = vec![("team".to_owned(), "identity".to_owned())];
    Collector { mailbox, interval: Duration::from_millis(300), aggregation, resource }
}

/// Asks for something once: the status, the headers and the body; none where nobody listens.
async fn ask(address: SocketAddr, request: &str) -> Option<(u16, String, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("{request}\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).await.ok()?;
    let text = String::from_utf8(octets).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, head.to_ascii_lowercase(), body.to_owned()))
}

async fn scrape(address: SocketAddr) -> Option<Exposition> {
    let request =
        "GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3";
    let (status, head, body) = ask(address, request).await?;
    assert_eq!(status, 200, "{head}");
    assert!(head.contains(&format!("content-type: {OPEN_METRICS}")), "{head}");
    Some(Exposition::read(&body))
}

/// A collector that takes what it is given, slowly.
async fn slow_collector() -> MockServer {
    let server = MockServer::start().await;
    let taken = ResponseTemplate::new(200).set_delay(SLOW);
    let pushed = Mock::given(method("POST")).and(path("/v1/metrics")).and(header("content-type", "application/x-protobuf"));
    pushed.respond_with(taken).mount(&server).await;
    server
}

async fn pushed(server: &MockServer) -> Vec<ExportMetricsServiceRequest> {
    let requests = server.received_requests().await.expect("they are recorded");
    requests.iter().map(|request| ExportMetricsServiceRequest::decode(request.body.as_slice()).expect("it is OTLP")).collect()
}

/// A run of [`PLAN`] with all that was scraped while it lasted, and all that was pushed.
async fn told(aggregation: Aggregation) -> (LoadRun, Vec<Exposition>, Vec<ExportMetricsServiceRequest>) {
    let _alone = alone().await;
    let token = numbered(|number, _| match number % 5 {
        0 => error("invalid_client"),
        _ => json_of(json!({ "access_token": format!("token-{number}"), "token_type": "Bearer" }))
            .set_delay(Duration::from_millis(20)),
    });
    let (_server, provider) = served([at("/token", token)]).await;
    let (collectors, (listener, address)) = (slow_collector().await, listener());
    let mut order = order(PLAN, &CancellationToken::new());
    let collector = collector(&format!("{}/v1/metrics", collectors.uri()), aggregation);
    order.exports = Exports { scrape: Some(listener), collector: Some(collector), goose_dashboard: None };
    let running = tokio::spawn(run(provider, order));
    let mut scraped = Vec::new();
    while !running.is_finished() {
        scraped.extend(scrape(address).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let run = running.await.expect("it does not panic").expect("it runs");
    assert!(ask(address, "GET /metrics HTTP/1.1").await.is_none(), "with the run the answers end");
    (run, scraped, pushed(&collectors).await)
}

fn arrivals(run: &LoadRun) -> flowproof::verdict::Arrivals {
    run.flows[0].arrivals.clone().expect("the plan has a rate")
}

/// How many durations of a step lie at or below a bound, by the report.
fn at_most(step: &Measurement, bound: f64) -> u64 {
    let latency = &step.latency;
    latency.buckets.iter().filter(|(highest, _)| (*highest).min(latency.max) as f64 / 1e6 <= bound).map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_prometheus_is_told_only_grows_and_is_what_the_report_says_in_the_end() {
    let (run, scraped, _) = told(Aggregation::Explicit).await;
    let last = scraped.last().expect("it was scraped");
    let step = &run.steps[0];
    assert!(step.right > 10 && step.errors() > 2 && step.right_before > 0, "{step:?}");
    let of = |labels: &str| format!("{{flow=\"machines\",step=\"token\"{labels}}}");
    let count = |name: &str, labels: &str| last.value(&format!("flowproof_load_{name}{labels}"));
    let whole = |name: &str, labels: &str| count(name, labels) as u64;
    assert_eq!(whole("requests_total", &of(",measured=\"true\"")), step.count());
    assert_eq!(whole("requests_total", &of(",measured=\"false\"")), step.right_before + step.wrong_before);
    assert_eq!(whole("errors_total", &of(",measured=\"true\",error_type=\"invalid_client\"")), step.wrong["invalid_client"]);
    assert_eq!(whole("unfinished_total", &of("")), step.unfinished);
    assert_eq!(whole("http_requests_total", ""), run.requests);
    assert_eq!(whole("response_duration_seconds_count", &of("")), step.latency.count());
    assert_eq!((count("response_duration_seconds_sum", &of("")) * 1e6).round() as u64, step.latency.sum);
    let service = step.service.as_ref().expect("with a rate both are measured");
    assert_eq!(whole("service_duration_seconds_count", &of("")), service.count());
    assert_eq!((count("service_duration_seconds_sum", &of("")) * 1e6).round() as u64, service.sum);
    for (bound, cumulative) in last.buckets("flowproof_load_response_duration_seconds") {
        assert_eq!(cumulative, at_most(step, bound), "le {bound}");
    }
    let (arrivals, flow) = (arrivals(&run), "{flow=\"machines\"}");
    assert_eq!(whole("arrivals_due_total", flow), arrivals.due);
    assert_eq!(whole("arrivals_made_total", flow) - whole("arrivals_withdrawn_total", flow), arrivals.made);
    assert_eq!(whole("arrivals_late_total", "{flow=\"machines\",cause=\"users\"}"), arrivals.late_for_want_of_users);
    assert_eq!(whole("arrivals_late_total", "{flow=\"machines\",cause=\"generator\"}"), arrivals.late_by_generator);
    assert_eq!(whole("arrivals_missing", flow), arrivals.never_made());
    assert_eq!(whole("users", ""), 3);
    assert_eq!(whole("invariant_violations_total", "{invariant=\"access-token-for-one\",level=\"must\"}"), 0);
    assert!(whole("invariant_checks_total", "{invariant=\"access-token-for-one\",level=\"must\"}") >= step.right);
    assert!(count("generator_cpu_time_seconds_total", "") >= run.generator.cpu_seconds);
    assert_eq!(whole("generator_lag_seconds_count", ""), run.generator.lag.count());
    assert_eq!(last.value(&format!("flowproof_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!(last.value("flowproof_load_run_info{plan=\"test\",shard=\"1/1\",provider=\"mock\"}"), 1.0);

    assert!(scraped.len() > 10, "{}", scraped.len());
    for pair in scraped.windows(2) {
        pair[1].has_grown_since(&pair[0]);
    }
    let phases: Vec<&str> = scraped.iter().map(Exposition::phase).collect();
    for phase in ["ramp", "hold", "ending"] {
        assert!(phases.contains(&phase), "{phase}: {phases:?}");
    }
    let names: Vec<String> = Instrument::ALL.iter().map(|one| one.prometheus_name()).collect();
    assert_eq!(last.names(), names, "all of the register is told, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collector_is_told_last_is_what_the_report_says() {
    let (run, _, pushed) = told(Aggregation::Explicit).await;
    assert!(pushed.len() >= 3, "{} pushes", pushed.len());
    let last = pushed.last().expect("there are some");
    let step = &run.steps[0];
    let of_step = [("flow", "machines"), ("step", "token")];
    let measured = [&of_step[..], &[("measured", "true")]].concat();
    assert_eq!(sum(last, "flowproof.load.requests", &measured), step.count() as f64);
    let refused = [&measured[..], &[("error.type", "invalid_client")]].concat();
    assert_eq!(sum(last, "flowproof.load.errors", &refused), step.wrong["invalid_client"] as f64);
    assert_eq!(sum(last, "flowproof.load.http.requests", &[]), run.requests as f64);
    let arrivals = arrivals(&run);
    assert_eq!(sum(last, "flowproof.load.arrivals.due", &of_step[..1]), arrivals.due as f64);
    assert_eq!(sum(last, "flowproof.load.arrivals.missing", &of_step[..1]), arrivals.never_made() as f64);

    let Data::Histogram(response) = data(last, "flowproof.load.response.duration") else { panic!("it is a histogram") };
    let point = response.data_points.iter().find(|point| has(&point.attributes, &of_step)).expect("the step has a point");
    assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (step.count(), step.count()));
    assert_eq!(point.sum, Some(step.latency.sum as f64 / 1e6));
    assert_eq!(point.max, Some(step.latency.max as f64 / 1e6));
    let mut below = 0;
    for (bound, count) in point.explicit_bounds.iter().zip(&point.bucket_counts) {
        below += count;
        assert_eq!(below, at_most(step, *bound), "up to {bound}");
    }
    assert!(point.start_time_unix_nano > 0 && point.start_time_unix_nano < point.time_unix_nano);

    let resource = last.resource_metrics[0].resource.as_ref().expect("it says who");
    let who =
        [("service.name", "flowproof"), ("flowproof.load.plan", "test"), ("flowproof.load.shard", "1/1"), ("team", "identity")];
    assert!(has(&resource.attributes, &who), "{resource:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exponential_histograms_have_every_duration_in_a_bucket_that_it_lies_in() {
    let (run, _, pushed) = told(Aggregation::Exponential).await;
    let step = &run.steps[0];
    let Data::ExponentialHistogram(response) = data(pushed.last().expect("it was pushed"), "flowproof.load.response.duration")
    else {
        panic!("it is an exponential histogram")
    };
    let point = &response.data_points[0];
    let positive = point.positive.as_ref().expect("there are durations");
    assert_eq!(point.zero_count + positive.bucket_counts.iter().sum::<u64>(), step.count());
    assert_eq!((point.count, point.sum), (step.count(), Some(step.latency.sum as f64 / 1e6)));
    let base = 2_f64.powf(2_f64.powi(-point.scale));
    let mut below = point.zero_count;
    for (at, count) in positive.bucket_counts.iter().enumerate() {
        below += count;
        let bound = base.powi(positive.offset + i32::try_from(at).expect("there are few") + 1);
        assert_eq!(below, at_most(step, bound * (1.0 + 1e-12)), "up to {bound}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_scrape_is_told_so_and_older_scrapers_are_answered_in_their_format() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let (listener, address) = listener();
    let interrupt = CancellationToken::new();
    let mut order = order("users: 1\nhold: 30s\npause: 50ms\nflows: [{ flow: client_credentials }]\n", &interrupt);
    order.exports.scrape = Some(listener);
    let running = tokio::spawn(run(provider, order));
    let answer = async |request: &str| ask(address, request).await.expect("it answers");
    for accept in
        ["", "\r\naccept: */*", "\r\naccept: text/plain", "\r\naccept: application/openmetrics-text;q=0.1, text/plain;q=0.2"]
    {
        let (status, head, body) = answer(&format!("GET /metrics HTTP/1.1{accept}")).await;
        assert_eq!(status, 200);
        assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{accept}: {head}");
        assert!(body.contains("# TYPE flowproof_load_requests_total counter\n") && !body.contains("# EOF"), "{body}");
    }
    assert_eq!(answer("GET / HTTP/1.1").await.0, 404);
    assert_eq!(answer("GET /metrics/more HTTP/1.1").await.0, 404);
    let (status, head, _) = answer("POST /metrics HTTP/1.1\r\ncontent-length: 0").await;
    assert!(status == 405 && head.contains("allow: get, head"), "{head}");
    let (status, _, body) = answer("HEAD /metrics HTTP/1.1").await;
    assert_eq!((status, body.as_str()), (200, ""));
    let long = answer(&format!("GET /metrics HTTP/1.1\r\nx-long: {}", "a".repeat(100_000))).await;
    assert_eq!(long.0, 431, "{}", long.1);
    // Who connects and says nothing keeps nobody else from an answer.
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(address).await.expect("it listens"));
    }
    assert_eq!(answer("GET /metrics HTTP/1.1").await.0, 200);
    interrupt.cancel();
    running.await.expect("it does not panic").expect("it reports");
}

fn has(attributes: &[KeyValue], wanted: &[(&str, &str)]) -> bool {
    wanted.iter().all(|(name, value)| {
        let wanted = Some(AnyValue { value: Some(Any::StringValue((*value).to_owned())) });
        attributes.iter().any(|one| one.key == *name && one.value == wanted)
    })
}

fn data<'a>(request: &'a ExportMetricsServiceRequest, name: &str) -> &'a Data {
    let mut metrics = request.resource_metrics[0].scope_metrics[0].metrics.iter();
    metrics.find(|metric| metric.name == name).and_then(|metric| metric.data.as_ref()).unwrap_or_else(|| panic!("no {name}"))
}

/// The value of the point with these attributes.
fn sum(request: &ExportMetricsServiceRequest, name: &str, attributes: &[(&str, &str)]) -> f64 {
    let points = match data(request, name) {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        Data::Histogram(_) | Data::ExponentialHistogram(_) | Data::Summary(_) => panic!("{name} is no number"),
    };
    let point = points.iter().find(|point| has(&point.attributes, attributes)).unwrap_or_else(|| panic!("{name} {attributes:?}"));
    match point.value.expect("it has a value") {
        Number::AsInt(whole) => whole as f64,
        Number::AsDouble(number) => number,
    }
}
