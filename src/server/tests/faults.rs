//! Faults round the endpoints: what is not looked at, what is served and breaks off, and what is late.

use super::Bench;
use crate::server::config::{EndpointName, FaultConfig, Latency};
use crate::server::core::message::Ending;

fn with_fault(fault: FaultConfig) -> Bench {
    let bench = Bench::strict();
    bench.reconfigure(|config| config.faults = vec![fault]);
    bench
}

#[test]
fn an_error_is_answered_in_place_of_the_endpoint() {
    let bench = Bench::strict();
    let code = bench.code("web");
    bench.reconfigure(|config| {
        config.faults = vec![FaultConfig { error_rate: 1.0, retry_after: Some(2), ..FaultConfig::default() }];
    });
    let answer = bench.post("token", "web", &bench.redemption("web", &code));
    assert_eq!((answer.status, answer.header("retry-after"), answer.ending), (503, Some("2"), Ending::Whole));
    bench.reconfigure(|config| config.faults.clear());
    let answer = bench.post("token", "web", &bench.redemption("web", &code));
    assert_eq!(answer.status, 200, "the code was not looked at: {}", answer.text);
}

#[test]
fn a_closed_connection_leaves_everything_as_it_was_and_a_truncated_answer_does_not() {
    for (fault, ending, then) in [
        (FaultConfig { close_rate: 1.0, ..FaultConfig::default() }, Ending::Closed, 200),
        (FaultConfig { truncate_rate: 1.0, ..FaultConfig::default() }, Ending::Truncated, 400),
    ] {
        let bench = Bench::strict();
        let refresh = bench.tokens("web").text_of("refresh_token");
        bench.reconfigure(|config| config.faults = vec![fault]);
        assert_eq!(bench.refresh("web", &refresh).ending, ending);
        bench.reconfigure(|config| config.faults.clear());
        assert_eq!(bench.refresh("web", &refresh).status, then, "{ending:?}");
    }
}

#[test]
fn a_latency_holds_back_the_answers_of_its_endpoint_alone() {
    let latency = Latency::Fixed("50ms".parse().expect("a span"));
    let bench = with_fault(FaultConfig { endpoint: Some(EndpointName::Token), latency: Some(latency), ..FaultConfig::default() });
    let token = bench.client_token("batch");
    assert!(token.status == 200 && token.held_back);
    assert!(!bench.userinfo(&token.text_of("access_token")).held_back);
}

#[test]
fn a_fault_strikes_some_requests_and_spares_the_rest() {
    let bench = with_fault(FaultConfig { error_rate: 0.5, status: 500, ..FaultConfig::default() });
    let statuses: Vec<u16> = (0..200).map(|_| bench.client_token("batch").status).collect();
    let failed = statuses.iter().filter(|status| **status == 500).count();
    // Ten standard deviations from the mean.
    assert!((30..170).contains(&failed), "{failed}");
    assert!(statuses.iter().all(|status| [200, 500].contains(status)));
}
