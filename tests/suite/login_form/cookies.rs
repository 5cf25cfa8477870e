//! The cookies of a walk, as browsers keep them: where they go, how long they live, and whose they are.

use flowproof::login::{Decision, Sighting, Stop};
use wiremock::{MockServer, ResponseTemplate};

use super::{Browser, CALLBACK, LOGIN, html, on, redirect, start};

/// The names of the cookies that went with the requests of a walk, in order of name, request by request.
fn sent(seen: &Sighting) -> Vec<String> {
    let of = |hop: &flowproof::login::Hop| {
        let header = hop.request.headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value.expose().to_owned());
        let mut names: Vec<String> = header
            .iter()
            .flat_map(|value| value.split("; "))
            .map(|pair| pair.split('=').next().unwrap_or_default().to_owned())
            .collect();
        names.sort_unstable();
        names.join(" ")
    };
    seen.hops.iter().map(of).collect()
}

fn with(answer: ResponseTemplate, cookies: &[&str]) -> ResponseTemplate {
    cookies.iter().fold(answer, |answer, cookie| answer.append_header("set-cookie", *cookie))
}

async fn walk(server: &MockServer, host: &str, browser: &mut Browser) -> Sighting {
    let mut start = start(server);
    start.url.set_host(Some(host)).expect("a host");
    let seen = browser.errand(start, Stop::RedirectUri(&[CALLBACK]), None, Decision::Approve).await;
    assert!(seen.params().is_some(), "{seen:?}");
    seen
}

/// A login page with these cookies, and an end.
async fn provider(cookies: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", with(html(LOGIN), cookies)).await;
    on(&server, "POST", "/login", redirect(303, "/login/done")).await;
    on(&server, "GET", "/login/done", redirect(303, &format!("{CALLBACK}?code=c"))).await;
    server
}

#[tokio::test]
async fn cookies_for_tls_go_to_this_machine_by_each_of_its_names() {
    let server = provider(&[
        "SID=1; Path=/; Secure; HttpOnly; SameSite=None",
        "__Host-a=1; Path=/; Secure",
        "__Secure-b=1; Path=/; Secure",
    ])
    .await;
    for host in ["127.0.0.1", "localhost"] {
        let seen = walk(&server, host, &mut Browser::new()).await;
        assert_eq!(sent(&seen), ["", "SID __Host-a __Secure-b", "SID __Host-a __Secure-b"], "{host}");
    }
}

#[tokio::test]
async fn a_domain_of_localhost_is_kept_and_one_of_somebody_else_is_not() {
    let server =
        provider(&["a=1; Domain=localhost; Path=/", "b=1; Domain=.localhost; Path=/", "c=1; Domain=evil.example; Path=/"]).await;
    let seen = walk(&server, "localhost", &mut Browser::new()).await;
    assert_eq!(sent(&seen)[1], "a b");
    let seen = walk(&server, "127.0.0.1", &mut Browser::new()).await;
    assert_eq!(sent(&seen)[1], "", "it names another host than this");
}

#[tokio::test]
async fn the_path_says_where_a_cookie_goes() {
    let cookies = ["all=1; Path=/", "login=1; Path=/login", "beside=1; Path=/log", "deeper=1; Path=/login/done", "own=1"];
    let server = provider(&cookies).await;
    let seen = walk(&server, "127.0.0.1", &mut Browser::new()).await;
    assert_eq!(sent(&seen), ["", "all login own", "all deeper login own"]);
}

#[tokio::test]
async fn the_age_says_how_long_a_cookie_lives_and_wins_over_the_date() {
    let past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    let future = "Expires=Fri, 01 Jan 2100 00:00:00 GMT";
    let cookies = [
        "session=1; Path=/".to_owned(),
        "minute=1; Path=/; Max-Age=60".to_owned(),
        "none=1; Path=/; Max-Age=0".to_owned(),
        "negative=1; Path=/; Max-Age=-1".to_owned(),
        format!("old=1; Path=/; {past}"),
        format!("young=1; Path=/; {future}"),
        format!("age=1; Path=/; {past}; Max-Age=60"),
        format!("gone=1; Path=/; {future}; Max-Age=0"),
    ];
    let server = provider(&cookies.each_ref().map(String::as_str)).await;
    let seen = walk(&server, "127.0.0.1", &mut Browser::new()).await;
    assert_eq!(sent(&seen)[1], "age minute session young");
}

#[tokio::test]
async fn a_cookie_is_changed_and_taken_back_on_the_way() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", with(html(LOGIN), &["flow=1; Path=/", "csrf=1; Path=/"])).await;
    let answer = with(redirect(303, "/login/done"), &["flow=; Path=/; Max-Age=0", "csrf=2; Path=/", "session=1; Path=/"]);
    on(&server, "POST", "/login", answer).await;
    on(&server, "GET", "/login/done", redirect(303, &format!("{CALLBACK}?code=c"))).await;
    let mut browser = Browser::new();
    let seen = walk(&server, "127.0.0.1", &mut browser).await;
    assert_eq!(sent(&seen), ["", "csrf flow", "csrf session"]);
    let url = url::Url::parse(&server.uri()).expect("a URL");
    assert_eq!(browser.jar.value(&url, "csrf").as_deref(), Some("2"));
    let other = walk(&server, "127.0.0.1", &mut Browser::new()).await;
    assert_eq!(sent(&other)[0], "", "another user has a jar of their own");
}
