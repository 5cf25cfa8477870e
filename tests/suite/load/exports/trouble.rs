//! A collector that refuses, hangs or is not there: the run is what it would have been, and one warning says so.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowproof::load::{Aggregation, News, run};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use prost::Message as _;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{alone, held, order, reference};
use super::collector;

const PLAN: &str = "users: 2\nhold: 1s\npause: 5ms\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";

/// Runs the plan with a collector at this place: its warnings, and how long the run took beyond its hold.
async fn warned(url: &str) -> (Vec<String>, Duration) {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let mut order = order(PLAN, &CancellationToken::new());
    order.exports.collector = Some(collector(url, Aggregation::Explicit));
    let heard = Arc::clone(&warnings);
    order.tell = Arc::new(move |news: News<'_>| {
        if news.is_warning() {
            heard.lock().expect("no holder panics").push(news.to_string());
        }
    });
    let began = Instant::now();
    let run = run(provider, order).await.expect("it runs");
    let took = began.elapsed();
    assert!(held(&run) && run.steps[0].right > 10 && run.steps[0].errors() == 0, "{run:?}");
    let warnings = warnings.lock().expect("no holder panics").clone();
    (warnings, took.saturating_sub(Duration::from_secs(1)))
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_all_is_nothing_to_warn_of() {
    let server = answering(ResponseTemplate::new(200)).await;
    let (warnings, _) = warned(&server.uri()).await;
    assert_eq!(warnings, [""; 0]);
    assert!(server.received_requests().await.is_some_and(|pushed| pushed.len() >= 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_not_there_is_one_warning() {
    let gone = super::listener().1;
    let (warnings, more) = warned(&format!("http://{gone}/v1/metrics")).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(&format!("http://{gone}/v1/metrics")), "{warnings:?}");
    assert!(more < Duration::from_secs(3), "{more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_answers_500_or_503_is_one_warning_however_often() {
    for status in [500, 503] {
        let server = answering(ResponseTemplate::new(status)).await;
        let (warnings, more) = warned(&server.uri()).await;
        assert!(warnings.len() == 1 && warnings[0].contains(&status.to_string()), "{warnings:?}");
        assert!(more < Duration::from_secs(4), "{more:?}");
        assert!(server.received_requests().await.is_some_and(|pushed| pushed.len() >= 3), "it is asked again and again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_a_part_is_one_warning_in_its_words() {
    let partial = ExportMetricsPartialSuccess { rejected_data_points: 7, error_message: "out of order".to_owned() };
    let body = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let server = answering(ResponseTemplate::new(200).set_body_raw(body, "application/x-protobuf")).await;
    let (warnings, _) = warned(&server.uri()).await;
    assert!(warnings.len() == 1 && warnings[0].contains("refused 7 points: out of order"), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_holds_the_end_up_for_three_seconds_at_most() {
    // Nobody accepts: the system takes the connection, and no answer ever comes.
    let (listener, address) = super::listener();
    let (warnings, more) = warned(&format!("http://{address}/v1/metrics")).await;
    drop(listener);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(more < Duration::from_secs(5), "{more:?}");
}
