//! Walks that end before the client: refusals, failures, circles, and pages that nobody can operate.

use flowproof::login::{Decision, End, Role, Stop, look};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Browser, CALLBACK, LOGIN, html, on, provider, redirect, start};

#[tokio::test]
async fn a_page_without_a_way_to_say_no_leaves_a_denying_user_stuck() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html("<title>One way</title><form method=post><button>Allow</button></form>")).await;
    let seen = Browser::new().walk(&server, Decision::Deny).await;
    assert_eq!(seen.describe(), r#"stuck: nothing to deny with: a page titled "One way" offers "Allow" only"#);
    assert!(seen.asked_consent());
    assert_eq!(seen.hops.len(), 1, "nothing was pressed");
}

#[tokio::test]
async fn a_refusal_is_a_refusal_even_if_its_layout_holds_a_login_form() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", ResponseTemplate::new(400).set_body_raw(LOGIN, "text/html")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Refused { status: 400 }), "{seen:?}");
    assert_eq!(seen.hops[0].role, Role::ErrorPage);
    assert_eq!(seen.describe(), r#"refused with status 400, a page titled "Sign in""#);
}

#[tokio::test]
async fn a_server_that_fails_crashes_the_walk_and_one_that_is_gone_fails_it() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    on(&server, "POST", "/login", ResponseTemplate::new(503)).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Crashed { status: 503 }), "{seen:?}");

    let gone = MockServer::builder().start().await;
    let mut request = start(&gone);
    request.url.set_port(Some(1)).expect("a port");
    let mut browser = Browser::new();
    let seen = look(&browser.wire, &browser.tape, &mut browser.jar, request, &[]).await;
    assert!(matches!(seen.end, End::Failed(_)) && seen.hops.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn pages_that_cannot_be_operated_say_why() {
    for (answer, why) in [
        (html("<title>Hello</title>"), r#"a page titled "Hello": it holds no form that asks for a login or a decision"#),
        (html("<form><input name=otp><button>Go</button></form>"), "a page without a title: it asks for otp"),
        (
            html("<div id=app></div><button>Log in</button>"),
            "a page without a title: it holds no form that asks for a login or a decision",
        ),
        (ResponseTemplate::new(302), "status 302 without a Location"),
        (redirect(302, "http://[bad"), "status 302 with a Location that is no URL"),
        (ResponseTemplate::new(304), "status 304, which leads nowhere"),
        (
            html("<form method=post><input name=user_code><button>Go</button></form>"),
            "a page without a title asks for a code that this errand does not have",
        ),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let stop_at = Stop::RedirectUri(&[CALLBACK]);
        let seen = Browser::new().errand(start(&server), stop_at, None, Decision::Approve).await;
        let End::Stuck { why: got } = &seen.end else { panic!("{why}: {seen:?}") };
        assert_eq!(got, why);
    }
}

#[tokio::test]
async fn going_round_in_circles_is_bounded() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", redirect(302, "/authorize")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Stuck { .. }) && seen.hops.len() == 30, "{seen:?}");

    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html("<meta http-equiv=refresh content='0;url=/authorize'>")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Stuck { .. }) && seen.hops.len() == 13, "{seen:?}");

    let server = MockServer::start().await;
    on(
        &server,
        "GET",
        "/authorize",
        html("<title>Again</title><form method=post action=/authorize><button>Continue</button></form>"),
    )
    .await;
    on(&server, "POST", "/authorize", redirect(303, "/authorize")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert_eq!(seen.describe(), r#"stuck: a page titled "Again" came back after it was answered"#);
}

#[tokio::test]
async fn an_error_page_that_sends_the_browser_on_by_itself_refuses_nothing() {
    for page in [
        "<meta http-equiv=refresh content='0;url=https://evil.example/cb?error=invalid_request'>",
        "<body onload='document.forms[0].submit()'><form method=post action='https://evil.example/cb'></form>",
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", ResponseTemplate::new(400).set_body_raw(page, "text/html")).await;
        let seen =
            Browser::new().walk_to(&server, Stop::RedirectUri(&[CALLBACK, "https://evil.example/cb"]), Decision::Approve).await;
        assert!(matches!(&seen.end, End::Redirected { status: 400, .. }), "{seen:?}");
    }
}

#[tokio::test]
async fn a_provider_that_limits_the_rate_is_waited_for_and_has_refused_nothing() {
    let server = MockServer::start().await;
    provider(&server).await;
    let slow_down = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(path("/authorize")).respond_with(slow_down.clone()).up_to_n_times(1).with_priority(1).mount(&server).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some() && seen.hops[0].status == 429, "{seen:?}");

    for (answer, hops) in [(slow_down, 3), (ResponseTemplate::new(429).insert_header("retry-after", "121"), 1)] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        assert_eq!(seen.describe(), "stuck: the provider limits the rate (status 429)");
        assert_eq!(seen.hops.len(), hops);
    }
}
