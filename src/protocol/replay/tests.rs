//! Exchanges of every make as commands.

use std::time::Duration;

use url::Url;

use super::*;
use crate::protocol::request::Value;
use crate::protocol::{Body, ClientAuth, Failure, Request, Response, Secret, Vault, request};

fn url(text: &str) -> Url {
    Url::parse(text).expect("a constant URL")
}

fn shown(request: &Request) -> Exchange {
    let mut vault = Vault::default();
    request.secrets().for_each(|secret| vault.learn(secret));
    Exchange::shown(request, Err(&Failure::TimedOut(Duration::from_secs(1))), &vault.masker())
}

fn lines(request: &Request) -> Vec<String> {
    Replay::of(&[shown(request)]).commands.remove(0).lines
}

#[test]
fn a_redemption_is_a_command_in_which_secrets_are_variables() {
    let secret = Secret::chosen("client_secret of web", "correct-horse");
    let request = request::redeem(&url("http://127.0.0.1:9400/token"), &Secret::new("code", "SplxlOBeZQ"))
        .set("redirect_uri", "https://client.example/it's")
        .authenticate(&ClientAuth::Basic { id: "web-app".to_owned(), secret });
    assert_eq!(
        lines(&request),
        [
            "curl -i 'http://127.0.0.1:9400/token'",
            "-H 'accept: application/json'",
            "-u \"web-app:${WEB_SECRET}\"",
            "--data-urlencode 'grant_type=authorization_code'",
            "--data-urlencode \"code=${CODE}\"",
            r"--data-urlencode 'redirect_uri=https://client.example/it'\''s'",
        ]
    );
}

#[test]
fn a_secret_that_a_form_encodes_has_a_variable_of_its_own() {
    let secret = Secret::chosen("client_secret of web", "p:%+ &=");
    let auth = ClientAuth::Basic { id: "a b".to_owned(), secret };
    let request = request::client_credentials(&url("http://x/token")).authenticate(&auth);
    assert!(lines(&request).contains(&"-u \"a+b:${WEB_FORM_ENCODED_SECRET}\"".to_owned()), "{:?}", lines(&request));
}

#[test]
fn another_scheme_and_a_second_header_are_made_by_the_shell() {
    let secret = Secret::chosen("client_secret of web", "correct-horse");
    let request = Request::get(Endpoint::Resource, &url("http://x/me")).basic("bAsIc", "web", &secret);
    assert_eq!(lines(&request)[1], r#"-H 'authorization: bAsIc '"$(printf %s "web:${WEB_SECRET}" | base64 | tr -d '\n')""#);
    let token = Secret::new("access_token", "0123456789");
    let request = request.bearer(&token);
    assert_eq!(lines(&request)[1], "-H \"authorization: Bearer ${ACCESS_TOKEN}\"");
}

#[test]
fn what_a_shell_would_obey_stays_in_single_quotes() {
    let token = Secret::new("token", "0123456789");
    let request = Request::post(Endpoint::Revocation, &url("http://x/r"))
        .set("a", "$(rm -rf ~) `x` \"!")
        .header("x-mixed", Value::from(Secret::around("mixed", "$HOME 0123456789", format!("$HOME {token}"), &token)))
        .set("nul", "a\0b\nc");
    assert_eq!(
        lines(&request)[2..],
        [
            "-H 'x-mixed: $HOME '\"${TOKEN}\"".to_owned(),
            "--data-urlencode 'a=$(rm -rf ~) `x` \"!'".to_owned(),
            "--data 'nul=a%00b%0Ac'".to_owned()
        ]
    );
}

#[test]
fn a_secret_in_a_query_is_encoded_by_curl_and_the_rest_stays_as_it_was() {
    let mut get = Request::get(Endpoint::Resource, &url("http://x/me?a=%20b"));
    get.query.push(("access_token".to_owned(), Secret::new("access_token", "0123456789").into()));
    get.query.push(("b".to_owned(), "c d".into()));
    assert_eq!(lines(&get), ["curl -i 'http://x/me?a=%20b&b=c+d'", "-G", "--data-urlencode \"access_token=${ACCESS_TOKEN}\""]);
}

#[test]
fn methods_and_bodies_are_what_they_were() {
    let post = Request::post(Endpoint::Token, &url("http://[::1]/t"));
    assert_eq!(lines(&post), ["curl -i -g 'http://[::1]/t'", "-H 'accept: application/json'", "--data ''"]);
    let get = Request::get(Endpoint::Token, &url("http://x/t")).method(Method::Options);
    assert_eq!(lines(&get), ["curl -i -X OPTIONS 'http://x/t'"]);
    let json = post.clone().set("token", Secret::new("token", "0123456789")).as_json();
    assert_eq!(lines(&json)[2..], ["-H 'content-type: application/json'", "--data-binary '{\"token\":\"'\"${TOKEN}\"'\"}'"]);
    let hidden = Body::Raw { content_type: "text/plain".to_owned(), octets: b"hush".to_vec(), shown: None };
    assert_eq!(lines(&Request { body: hidden, ..post })[3], "--data-binary \"${BODY}\"");
}

#[test]
fn a_variable_says_where_its_value_comes_from_and_one_value_is_one_variable() {
    let endpoint = url("http://x/token");
    let (first, second) = (Secret::new("access_token", "first-token"), Secret::new("access_token", "second-token"));
    let body = br#"{"access_token":"first-token"}"#.to_vec();
    let answer = Response { status: 200, headers: Vec::new(), body, elapsed: Duration::ZERO };
    let mut vault = Vault::default();
    vault.learn(&first);
    let asked = Exchange::shown(&request::client_credentials(&endpoint), Ok(&answer), &vault.masker());
    let used = shown(&request::resource(&endpoint).bearer(&first));
    let asked_about = shown(&request::introspect(&endpoint, &first));
    let other = shown(&request::introspect(&endpoint, &second));
    let replay = Replay::of(&[asked, used, asked_about, other]);
    let variables: Vec<_> = replay.variables.iter().map(|variable| (variable.name.as_str(), variable.origin)).collect();
    assert_eq!(variables, [("ACCESS_TOKEN", Origin::Answer(0)), ("ACCESS_TOKEN_2", Origin::MadeUp)]);
    assert_eq!(replay.variables_of(2).count(), 1);
    assert_eq!(replay.variables[0].to_string(), "the access_token in the answer to exchange 1");
}

#[test]
fn pages_share_a_file_of_cookies() {
    let page = Request::get(Endpoint::Page, &url("http://x/login")).header("cookie", Secret::new("cookies", "sid=0123456789"));
    assert_eq!(lines(&page)[1], "-b cookies.txt -c cookies.txt");
    assert_eq!(shell_name("hidden field _csrf.token"), "HIDDEN_FIELD_CSRF_TOKEN");
    assert_eq!(shell_name("password of alice"), "ALICE_PASSWORD");
}
