//! What goose's own `request()` costs where the same is asked and read as `flowproof load` does: a yardstick for `load_figures.py`.
//!
//! ```text
//! goose_request URL AUTHORIZATION USERS REQUESTS
//! ```
//!
//! Ends with a line: requests that were answered rightly.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goose::config::GooseConfiguration;
use goose::goose::{GooseMethod, GooseRequest, GooseUser, Scenario, Transaction, TransactionResult};
use goose::{GooseAttack, GooseError, transaction};

static ARGUMENTS: LazyLock<Vec<String>> = LazyLock::new(|| std::env::args().collect());
static LEFT: AtomicUsize = AtomicUsize::new(0);
static RIGHT: AtomicUsize = AtomicUsize::new(0);

async fn token(user: &mut GooseUser) -> TransactionResult {
    if LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
        goose::trigger_killswitch("all were sent");
        // A user that did nothing at all would be asked again at once, and leave goose no time to stop.
        tokio::time::sleep(Duration::from_millis(20)).await;
        return Ok(());
    }
    let arguments = &*ARGUMENTS;
    let body = [("grant_type", "client_credentials"), ("scope", "billing:read billing:write")];
    let request = user.get_request_builder(&GooseMethod::Post, &arguments[1])?.header("authorization", &arguments[2]).form(&body);
    let asked = GooseRequest::builder().method(GooseMethod::Post).name("token").set_request_builder(request).build();
    let answer = user.request(asked).await?;
    let answer: serde_json::Value = answer.response?.json().await?;
    if answer["token_type"] == "Bearer" && answer["access_token"].is_string() {
        RIGHT.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn main() -> Result<(), GooseError> {
    let [_, url, _, users, requests] = ARGUMENTS.as_slice() else {
        eprintln!("goose_request URL AUTHORIZATION USERS REQUESTS");
        // `cargo bench` runs it without.
        std::process::exit(if ARGUMENTS.len() <= 2 { 0 } else { 2 });
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    LEFT.store(number(requests), Ordering::Relaxed);
    let mut it = GooseConfiguration::default();
    it.host = Some(url.clone());
    it.users = Some(number(users));
    it.increase_rate = Some("1000".to_owned());
    it.run_time = Some("10m".to_owned());
    it.quiet = 2;
    it.no_print_metrics = true;
    it.no_reset_metrics = true;
    it.no_telnet = true;
    it.no_websocket = true;
    let scenario = Scenario::new("goose").register_transaction(transaction!(token));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { GooseAttack::initialize_with_config(it)?.register_scenario(scenario).execute().await })?;
    println!("{}", RIGHT.load(Ordering::Relaxed));
    Ok(())
}
