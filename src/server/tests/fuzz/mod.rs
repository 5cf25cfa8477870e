//! Whatever comes in, an answer goes out: no panic, no status above 499, nothing that HTTP cannot carry. Requests are made of what earlier answers
//! held, of what the realm knows, and of noise.

mod step;
mod talk;
mod words;

use http::HeaderValue;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use self::step::step;
use self::talk::Talk;
use crate::server::core::message::Response;

/// Whether an answer is one that a sound server may give, and that HTTP can carry.
fn carried(response: &Response, request: &str) -> Result<(), TestCaseError> {
    prop_assert!((200..500).contains(&response.status), "{} to {request}", response.status);
    let (status, fields, _) = response.clone().render();
    for (name, value) in fields {
        prop_assert!(HeaderValue::try_from(&value).is_ok(), "{status} with {name}: {value:?} to {request}");
        let split = value.contains(['\r', '\n']);
        prop_assert!(!split, "{name}: {value:?} to {request}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_conversation_makes_the_strict_realm_fail(steps in vec(step(), 1..40)) {
        Talk::new("strict", &[]).play(&steps)?;
    }

    #[test]
    fn no_conversation_makes_the_lenient_realm_fail(steps in vec(step(), 1..40)) {
        Talk::new("lenient", &[]).play(&steps)?;
    }
}

#[test]
fn a_realm_that_crashes_is_found_out() {
    for defect in ["crashes-on-missing-refresh-token", "crashes-on-missing-code"] {
        let mut runner = TestRunner::deterministic();
        let found = runner.run(&vec(step(), 1..40), |steps| Talk::new("strict", &[defect]).play(&steps));
        assert!(matches!(found, Err(TestError::Fail(..))), "{defect}: {found:?}");
    }
}
