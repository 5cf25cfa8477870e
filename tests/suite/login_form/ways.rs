//! The way through a provider's pages: what leads on, with which method, and what a browser says of where it comes from.

use flowproof::login::{Channel, Decision, End, Role, Sighting, look};
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Browser, CALLBACK, CONSENT, LOGIN, html, on, on_decision, provider, redirect, start};

fn json(status: u16, body: String) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

fn has_arrived(seen: &Sighting) -> bool {
    matches!(&seen.end, End::Redirected { params, .. } if params.code().is_some())
}

#[tokio::test]
async fn a_login_page_leads_on_in_every_way_that_leads_on() {
    for status in [202, 301, 302, 303] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", redirect(status, "/in")).await;
        on(&server, "GET", "/in", html(LOGIN)).await;
        on(&server, "POST", "/login", redirect(status, "consent?step=2#top")).await;
        Mock::given(method("GET"))
            .and(path("/consent"))
            .and(query_param("step", "2"))
            .respond_with(html(CONSENT))
            .mount(&server)
            .await;
        on_decision(&server, "allow", "code=c").await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        assert!(has_arrived(&seen) && seen.asked_consent(), "{status}: {seen:?}");
    }
}

#[tokio::test]
async fn a_json_answer_may_name_what_comes_next() {
    for member in ["url", "redirect_to", "redirectTo", "redirect_url", "location"] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", html(LOGIN)).await;
        on(&server, "POST", "/login", json(200, format!(r#"{{"ok":true,"{member}":"/consent?x=1"}}"#))).await;
        on(&server, "GET", "/consent", html(CONSENT)).await;
        Mock::given(method("POST"))
            .and(path("/consent"))
            .and(body_string("csrf=c0ffee&decision=allow"))
            .respond_with(json(201, format!(r#"{{"{member}":"{CALLBACK}?code=c&state=xyz"}}"#)))
            .mount(&server)
            .await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        assert!(has_arrived(&seen), "{member}: {seen:?}");
        assert_eq!(seen.params().and_then(|params| params.get("state")), Some("xyz"));
    }
}

#[tokio::test]
async fn a_json_answer_that_refuses_is_no_way_on() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", json(400, format!(r#"{{"error":"invalid_request","url":"{CALLBACK}?code=c"}}"#))).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Refused { status: 400 }), "{seen:?}");
}

#[tokio::test]
async fn pages_that_submit_themselves_lead_on_within_the_provider_and_to_the_client() {
    let relay = |action: &str, fields: &str| {
        html(&format!(
            "<title>Working</title><form method=post action={action}>{fields}<noscript><button>Continue</button></noscript></form>\
             <script>window.onload = () => document.forms[0].submit();</script>"
        ))
    };
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", relay("/saml", "<input type=hidden name=SAMLRequest value=abc>")).await;
    Mock::given(method("POST"))
        .and(path("/saml"))
        .and(body_string("SAMLRequest=abc"))
        .respond_with(html(LOGIN))
        .mount(&server)
        .await;
    on(
        &server,
        "POST",
        "/login",
        relay(CALLBACK, "<input type=hidden name=code value=c><input type=hidden name=state value=xyz>"),
    )
    .await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    let End::Redirected { channel, params, status, .. } = &seen.end else { panic!("{seen:?}") };
    assert_eq!((*channel, params.get("state"), *status), (Channel::FormPost, Some("xyz"), 200));
    let roles: Vec<&Role> = seen.hops.iter().map(|hop| &hop.role).collect();
    assert_eq!(roles, [&Role::RelayPage, &Role::LoginPage, &Role::RelayPage]);
}

#[tokio::test]
async fn a_login_form_may_be_of_any_make() {
    for (page, request) in [
        (
            "<form id=f method=post action=/login></form><p><input form=f name=username><input form=f type=password name=pw><button form=f name=go value=1>Sign in</button>",
            "POST /login username=alice&pw=correct+horse&go=1",
        ),
        (
            "<form method=post action=/lost><input name=username><input type=password name=pw><button formaction=/login>Sign in</button></form>",
            "POST /login username=alice&pw=correct+horse",
        ),
        (
            "<form action=/login><input name=username><input type=password name=pw><button>Sign in</button></form>",
            "GET /login username=alice&pw=correct+horse",
        ),
        (
            "<base href=/deep/><form method=post action=../login><input name=username><input type=password name=pw></form>",
            "POST /login username=alice&pw=correct+horse",
        ),
        (
            "<form method=post action=/login><input type=hidden name=csrf value=t><input name=username><input type=password name=pw>\
             <input type=checkbox name=terms value=1 checked><input type=checkbox name=stay value=1><input type=submit name=go value=Login></form>",
            "POST /login csrf=t&username=alice&pw=correct+horse&terms=1&go=Login",
        ),
        (
            "<style>.b{position:absolute;left:-5000px}#c{clip-path:inset(50%)}.d{clip:rect(0,0,0,0)}.e{height:0;overflow:hidden}</style><form method=post action=/login>\
             <div class=b><input name=email></div><input id=c name=username><span class=d><input name=url></span><div class=e><input name=phone></div>\
             <div style='display: none'><input name=user value=''></div><input hidden name=name>\
             <input name=who autocomplete=username><input type=password name=pw><input type=password name=pw2 style='visibility:hidden'><button>Sign in</button></form>",
            "POST /login email=&username=&url=&phone=&user=&name=&who=alice&pw=correct+horse&pw2=",
        ),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", html(page)).await;
        on(&server, "GET", "/login", redirect(303, &format!("{CALLBACK}?code=c"))).await;
        on(&server, "POST", "/login", redirect(303, &format!("{CALLBACK}?code=c"))).await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        assert!(has_arrived(&seen), "{page}: {seen:?}");
        let sent = server.received_requests().await.expect("requests are kept").pop().expect("a request");
        let body = String::from_utf8_lossy(&sent.body).into_owned();
        let entries = if body.is_empty() { sent.url.query().unwrap_or_default() } else { &body };
        assert_eq!(format!("{} {} {entries}", sent.method, sent.url.path()), request);
    }
}

#[tokio::test]
async fn a_token_of_a_page_is_that_pages_own() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(&LOGIN.replace("0123456789abcdef0123", "of-the-login"))).await;
    Mock::given(method("POST"))
        .and(path("/login"))
        .and(body_string("csrf=of-the-login&username=alice&password=correct+horse"))
        .respond_with(html(&CONSENT.replace("c0ffee", "of-the-question")))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/consent"))
        .and(body_string("csrf=of-the-question&decision=allow"))
        .respond_with(redirect(303, &format!("{CALLBACK}?code=c")))
        .mount(&server)
        .await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(has_arrived(&seen), "{seen:?}");
}

#[tokio::test]
async fn origin_and_referrer_are_said_as_browsers_say_them() {
    let (server, login) = (MockServer::start().await, MockServer::start().await);
    on(&server, "GET", "/authorize", redirect(302, &format!("{}/in?flow=7", login.uri()))).await;
    on(&login, "GET", "/in", html(&LOGIN.replace("/login", &format!("{}/login", server.uri())))).await;
    // To another origin a browser says its origin, and no more than that of where it was.
    Mock::given(method("POST"))
        .and(path("/login"))
        .and(header("origin", login.uri()))
        .and(header("referer", format!("{}/", login.uri())))
        .respond_with(html(CONSENT))
        .mount(&server)
        .await;
    // Within one, all of the page's address but its fragment.
    Mock::given(method("POST"))
        .and(path("/consent"))
        .and(header("origin", server.uri()))
        .and(header("referer", format!("{}/login", server.uri())))
        .respond_with(redirect(303, "/after"))
        .mount(&server)
        .await;
    on(&server, "GET", "/after", redirect(303, &format!("{CALLBACK}?code=c"))).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(has_arrived(&seen), "{seen:?}");
    let of = |at: usize, wanted: &str| seen.hops[at].request.headers.iter().any(|(name, _)| name == wanted);
    assert!(!of(0, "referer") && !of(0, "origin"), "nobody led there");
    let last = seen.hops.len() - 1;
    assert!(!of(last, "origin") && of(last, "referer"), "a redirect to a GET drops the origin and keeps the referrer");
}

#[tokio::test]
async fn a_307_asks_again_as_it_was_asked_and_a_303_asks_anew() {
    for (status, verb) in [(303, "GET"), (302, "GET"), (307, "POST"), (308, "POST")] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", html(LOGIN)).await;
        on(&server, "POST", "/login", redirect(status, "/next")).await;
        on(&server, verb, "/next", redirect(303, &format!("{CALLBACK}?code=c"))).await;
        let mut browser = Browser::new();
        let seen = browser.walk(&server, Decision::Approve).await;
        assert!(has_arrived(&seen), "{status}: {seen:?}");
        let handed_on = seen.hops.last().expect("an answer").carried(&browser.password);
        assert_eq!(handed_on, verb == "POST", "{status}");
    }
}

#[tokio::test]
async fn the_clients_address_is_never_asked_for() {
    let client = MockServer::start().await;
    let uri = format!("{}/cb", client.uri());
    let server = MockServer::start().await;
    provider(&server).await;
    for answer in [
        redirect(303, &format!("{uri}?code=c")),
        json(200, format!(r#"{{"url":"{uri}?code=c"}}"#)),
        html(&format!(
            "<form method=post action={uri}><input type=hidden name=code value=c></form><script>document.forms[0].submit()</script>"
        )),
        html(&format!("<meta http-equiv=refresh content='0;url={uri}?code=c'>")),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let mut browser = Browser::new();
        let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &[&uri]).await;
        assert!(has_arrived(&seen), "{seen:?}");
    }
    assert!(client.received_requests().await.expect("requests are kept").is_empty());
}
