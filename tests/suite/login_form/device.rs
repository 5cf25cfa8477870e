//! The verification page: a device is approved, denied, or its code not taken, and who only looks operates nothing.

use flowproof::login::{Decision, End, Role, Stop, look};
use wiremock::matchers::{body_string, body_string_contains, path};
use wiremock::{Mock, MockServer};

use super::{Browser, CALLBACK, CONSENT, LOGIN, html, on, provider, redirect, start};

#[tokio::test]
async fn looking_operates_nothing() {
    let server = MockServer::start().await;
    provider(&server).await;
    let mut browser = Browser::new();
    let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &[CALLBACK]).await;
    assert!(matches!(seen.end, End::Finished), "{seen:?}");
    assert_eq!((seen.hops.len(), &seen.hops[0].role), (1, &Role::LoginPage));
}

/// Code, login, question, end: a verification page (RFC 8628 section 3.3).
async fn verification(server: &MockServer) {
    let code =
        "<title>Connect a device</title><form method=post action=/code><input name=user_code><button>Continue</button></form>";
    on(server, "GET", "/authorize", html(code)).await;
    Mock::given(path("/code")).and(body_string("user_code=WDJB-MJHT")).respond_with(html(LOGIN)).mount(server).await;
    Mock::given(path("/code")).respond_with(html(code)).mount(server).await;
    Mock::given(path("/login"))
        .and(body_string_contains("password=correct+horse"))
        .respond_with(html(CONSENT))
        .mount(server)
        .await;
    Mock::given(path("/consent"))
        .and(body_string_contains("decision=allow"))
        .respond_with(redirect(303, "/done"))
        .mount(server)
        .await;
    Mock::given(path("/consent"))
        .and(body_string_contains("decision=deny"))
        .respond_with(redirect(303, "/denied"))
        .mount(server)
        .await;
    on(server, "GET", "/done", html("<title>Device connected</title>")).await;
    on(server, "GET", "/denied", html(&code.replace("Connect a device", "The device was denied"))).await;
}

#[tokio::test]
async fn a_device_is_approved_and_denied_and_the_page_behind_is_the_end() {
    let server = MockServer::start().await;
    verification(&server).await;
    for (decision, title) in [(Decision::Approve, "Device connected"), (Decision::Deny, "The device was denied")] {
        let seen = Browser::new().walk_to(&server, Stop::Decision, decision).await;
        assert!(matches!(seen.end, End::Finished) && seen.asked_consent(), "{seen:?}");
        assert_eq!(seen.describe(), format!("status 200 with a page titled {title:?}"));
        let roles: Vec<&Role> = seen.pages().map(|hop| &hop.role).take(3).collect();
        assert_eq!(roles, [&Role::UserCodePage, &Role::LoginPage, &Role::ConsentPage]);
    }
}

#[tokio::test]
async fn a_device_may_be_confirmed_before_its_user_is_known() {
    let server = MockServer::start().await;
    let confirm = "<title>Is this your device?</title><form method=post action=/confirm><input type=hidden name=user_code value=WDJB-MJHT><button>Continue</button><button name=abort value=yes>Deny</button></form>";
    on(&server, "GET", "/authorize", html(confirm)).await;
    Mock::given(path("/confirm"))
        .and(body_string("user_code=WDJB-MJHT"))
        .respond_with(redirect(303, "/login"))
        .mount(&server)
        .await;
    on(&server, "GET", "/login", html(LOGIN)).await;
    on(&server, "POST", "/login", html(CONSENT)).await;
    on(&server, "POST", "/consent", html("<title>Done</title><meta http-equiv=refresh content='5;url=https://www.example/'>"))
        .await;
    Mock::given(path("/confirm"))
        .and(body_string("user_code=WDJB-MJHT&abort=yes"))
        .respond_with(html("<title>Denied</title>"))
        .mount(&server)
        .await;
    for (decision, title, hops) in [(Decision::Approve, "Done", 5), (Decision::Deny, "Denied", 2)] {
        let seen = Browser::new().walk_to(&server, Stop::Decision, decision).await;
        assert_eq!(seen.describe(), format!("status 200 with a page titled {title:?}"), "{seen:?}");
        assert_eq!(seen.hops.len(), hops);
    }
}

#[tokio::test]
async fn a_user_code_that_is_not_taken_ends_the_walk() {
    let server = MockServer::start().await;
    verification(&server).await;
    let seen = Browser::new().errand(start(&server), Stop::Decision, Some("XXXX-XXXX"), Decision::Approve).await;
    assert_eq!(
        seen.describe(),
        r#"stuck: the page that asks for the user code came back after it was sent (a page titled "Connect a device")"#
    );
}

#[tokio::test]
async fn a_code_that_the_complete_address_brought_is_sent_on_as_it_is() {
    let server = MockServer::start().await;
    let code = r#"<title>Device code</title><form method="post" action="/code"><input name="user_code" value="BCDF-GHJK" required><button>Verify</button></form>"#;
    on(&server, "GET", "/authorize", html(code)).await;
    let question = r#"<title>Accept or deny</title><form method="post" action="/confirm"><button name="action" value="accept">Accept</button><button name="action" value="deny">Deny</button></form>"#;
    Mock::given(path("/code")).and(body_string("user_code=BCDF-GHJK")).respond_with(html(question)).mount(&server).await;
    on(&server, "POST", "/confirm", html("<title>Device authorized</title>")).await;
    let seen = Browser::new().errand(start(&server), Stop::Decision, None, Decision::Approve).await;
    assert_eq!(seen.describe(), r#"status 200 with a page titled "Device authorized""#, "{seen:?}");
}

#[tokio::test]
async fn a_user_code_is_on_no_tape_however_short_it_is() {
    for code in ["WDJB-MJHT", "8A0Z"] {
        let server = MockServer::start().await;
        let page = "<title>Connect a device</title><form method=post action=/code><input name=device_user_code><button>Continue</button></form>";
        on(&server, "GET", "/authorize", html(page)).await;
        // The page behind repeats it where people see it, where a form keeps it, and where a link does.
        let question = format!(
            "<title>Accept?</title><p><b>{code}</b><form method=post action='/confirm?device_user_code={code}'>\
             <input type=hidden name=device_user_code value=\"{code}\"><button>Accept</button></form>"
        );
        let typed = format!("device_user_code={code}");
        Mock::given(path("/code")).and(body_string(typed)).respond_with(html(&question)).mount(&server).await;
        on(&server, "POST", "/confirm", html("<title>Device authorized</title>")).await;
        let mut browser = Browser::new();
        let seen = browser.errand(start(&server), Stop::Decision, Some(code), Decision::Approve).await;
        assert_eq!(seen.describe(), r#"status 200 with a page titled "Device authorized""#, "{seen:?}");
        let tape = serde_json::to_string(&browser.tape.exchanges()).expect("exchanges serialise");
        assert_eq!(tape.matches("‹user_code›").count(), 6, "{tape}");
        assert!(!tape.contains(code), "{code}: {tape}");
    }
}
