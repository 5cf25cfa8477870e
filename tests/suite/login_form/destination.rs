//! Where an answer may lead: to the redirect URI by any channel, within the provider, and never to a stranger.

use flowproof::login::{Channel, Decision, End, look};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Browser, CALLBACK, LOGIN, html, on, provider, redirect, start};

#[tokio::test]
async fn a_307_hands_the_password_on_within_the_provider_and_never_to_the_client() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    on(&server, "POST", "/login", redirect(307, "/login2")).await;
    Mock::given(method("POST"))
        .and(path("/login2"))
        .and(body_string("csrf=0123456789abcdef0123&username=alice&password=correct+horse"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .respond_with(redirect(308, "https://client.example/cb?code=c&state=xyz"))
        .mount(&server)
        .await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    let End::Redirected { status, channel, params, .. } = &seen.end else { panic!("{seen:?}") };
    assert_eq!((*status, *channel, params.0.len()), (308, Channel::Query, 2), "the password is not among them");
    assert!(seen.redirects().all(|hop| hop.carried(&browser.password)));
}

#[tokio::test]
async fn the_answer_is_taken_from_every_channel() {
    let form = "<body onload='document.forms[0].submit()'><form method=post action=https://client.example/cb><input type=hidden name=code value=c><input type=hidden name=state value=xyz></form>";
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/json");
    for (answer, channel, status, words) in [
        (
            redirect(302, "https://client.example/cb#access_token=t&state=xyz"),
            Channel::Fragment,
            302,
            "with access_token in the fragment",
        ),
        (redirect(302, "https://client.example/cb?code=c&state=xyz#_=_"), Channel::Query, 302, "with code"),
        (html(form), Channel::FormPost, 200, "with code by form post"),
        (redirect(202, "https://client.example/cb?code=c&state=xyz"), Channel::Query, 202, "with code"),
        (json(r#"{"redirect_to":"https://client.example/cb?code=c&state=xyz"}"#), Channel::Query, 200, "with code"),
        (
            html("<script>location.replace('https://client.example/cb?error=x&state=xyz')</script>"),
            Channel::Query,
            200,
            "with error=x",
        ),
        (
            html(
                "<form action=https://client.example/cb><input type=hidden name=error value=access_denied><input type=hidden name=state value=xyz><button>Continue</button></form>",
            ),
            Channel::Query,
            200,
            "with error=access_denied",
        ),
        (redirect(302, "https://client.example/cb"), Channel::Query, 302, "with neither code nor error"),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        let End::Redirected { channel: got, status: seen_status, params, .. } = &seen.end else { panic!("{words}: {seen:?}") };
        assert_eq!((*got, *seen_status), (channel, status), "{words}");
        assert_eq!(seen.describe(), format!("redirected to https://client.example/cb {words}"));
        assert!(params.get("state") == Some("xyz") || params.0.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn a_location_is_the_redirect_uri_only_if_scheme_authority_and_path_are_equal() {
    for (location, stops) in [
        ("https://client.example/cb?code=c", true),
        ("https://CLIENT.example:443/cb?code=c", true),
        ("https://client.example/cb/?code=c", false),
        ("https://client.example/cbx?code=c", false),
        ("http://client.example/cb?code=c", false),
        ("https://client.example:8443/cb?code=c", false),
        ("https://client.example@evil.example/cb?code=c", false),
        ("https://evil.example/?u=https://client.example/cb", false),
        ("com.example.app:/cb?code=c", true),
        ("com.example.other:/cb?code=c", false),
        ("http://127.0.0.1:8400/callback?code=c", true),
        ("http://127.0.0.1:8401/callback?code=c", false),
        ("http://localhost:8400/callback?code=c", false),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", redirect(302, location)).await;
        let mut browser = Browser::new();
        let uris = [CALLBACK, "com.example.app:/cb", "http://127.0.0.1:8400/callback"];
        let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &uris).await;
        match &seen.end {
            End::Redirected { raw, .. } => assert!(stops && raw == location, "{location}"),
            End::Outside { raw, status: 302, .. } => assert!(!stops && raw == location, "{location}"),
            other => panic!("{location}: {other:?}"),
        }
        assert_eq!(seen.hops.len(), 1, "nothing else was asked");
    }
}

#[tokio::test]
async fn a_form_that_would_hand_the_password_to_a_stranger_is_not_sent() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(&LOGIN.replace("/login", "https://evil.example/login"))).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Outside { channel: Channel::FormPost, .. }), "{seen:?}");
    assert!(!format!("{seen:?}").contains("correct horse") && !seen.describe().contains("correct"), "{seen:?}");
}

#[tokio::test]
async fn a_login_host_of_the_providers_own_is_followed() {
    let (server, login) = (MockServer::start().await, MockServer::start().await);
    on(&server, "GET", "/authorize", redirect(302, &format!("{}/authorize", login.uri()))).await;
    provider(&login).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some(), "{seen:?}");
}
