//! Discovery: which endpoints are found, and what stands in metadata's place is kept and not judged.

use std::time::Duration;

use flowproof::protocol::Failure;
use flowproof::provider::{Provider, Source, Target, Unreachable, WellKnown, discover};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const INSERTED: &str = "/.well-known/oauth-authorization-server/realms/r";
const OPENID: &str = "/realms/r/.well-known/openid-configuration";
const APPENDED: &str = "/realms/r/.well-known/oauth-authorization-server";

async fn serve(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(server).await;
}

async fn find(text: &str) -> Result<Target, Unreachable> {
    let provider = Provider::parse(text, Source::Named("test".to_owned()), &|_| None).unwrap_or_else(|error| panic!("{error}"));
    let bounds = Bounds { connect: Duration::from_secs(2), total: Duration::from_secs(2), body: 20_000 };
    discover(&Wire::new(bounds).expect("TLS"), &Tape::default(), provider).await
}

fn issuer(server: &MockServer) -> String {
    format!("{}/realms/r", server.uri())
}

fn document(issuer: &str, token: &str) -> Value {
    json!({ "issuer": issuer, "token_endpoint": token, "authorization_endpoint": "not a URL", "jwks_uri": "ftp://x/jwks" })
}

fn token_of(target: &Target) -> Option<&str> {
    target.endpoints.token.as_ref().map(|url| url.as_str())
}

#[test]
fn each_form_has_its_place_round_the_path() {
    let url = |form: WellKnown, issuer: &str| form.url(&issuer.parse().expect("a URL")).to_string();
    let with_path = "https://a.example/realms/r/";
    assert_eq!(url(WellKnown::OauthInserted, with_path), format!("https://a.example{INSERTED}"));
    assert_eq!(url(WellKnown::OpenId, with_path), format!("https://a.example{OPENID}"));
    assert_eq!(url(WellKnown::OauthAppended, with_path), format!("https://a.example{APPENDED}"));
    for form in [WellKnown::OauthInserted, WellKnown::OauthAppended] {
        assert_eq!(url(form, "https://a.example"), "https://a.example/.well-known/oauth-authorization-server");
    }
}

#[tokio::test]
async fn the_inserted_form_is_preferred_and_what_it_leaves_out_is_taken_from_the_others() {
    let server = MockServer::start().await;
    let issuer = issuer(&server);
    serve(&server, INSERTED, ResponseTemplate::new(200).set_body_json(document(&issuer, "https://a.example/one"))).await;
    let mut openid = document(&issuer, "https://a.example/two");
    openid["userinfo_endpoint"] = "https://a.example/userinfo".into();
    serve(&server, OPENID, ResponseTemplate::new(200).set_body_json(openid)).await;
    let target = find(&format!("issuer: {issuer}\n")).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/one"));
    assert_eq!(target.endpoints.resource.as_ref().map(|url| url.as_str()), Some("https://a.example/userinfo"));
    assert_eq!(target.metadata.from.as_ref().map(|url| url.path()), Some(INSERTED));
    assert_eq!((target.endpoints.authorization, target.endpoints.jwks), (None, None), "what is no http URL is left out");
    let seen: Vec<_> = target.metadata.seen.iter().map(|seen| (seen.form, seen.url.path())).collect();
    assert_eq!(seen, [(WellKnown::OauthInserted, INSERTED), (WellKnown::OpenId, OPENID), (WellKnown::OauthAppended, APPENDED)]);
}

#[tokio::test]
async fn a_slash_at_the_end_is_the_issuers_own_and_metadata_is_where_it_is_without() {
    let server = MockServer::start().await;
    let issuer = format!("{}/", issuer(&server));
    serve(&server, INSERTED, ResponseTemplate::new(200).set_body_json(document("https://else", "https://a.example/no"))).await;
    serve(&server, OPENID, ResponseTemplate::new(200).set_body_json(document(&issuer, "https://a.example/yes"))).await;
    let target = find(&format!("issuer: {issuer}\n")).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/yes"), "an issuer without the slash is another (RFC 8414 section 3.3)");
    assert_eq!(target.provider.issuer, issuer);
}

#[tokio::test]
async fn an_endpoint_that_metadata_does_not_name_is_taken_from_the_file_beside_those_that_it_names() {
    let server = MockServer::start().await;
    let issuer = issuer(&server);
    serve(&server, OPENID, ResponseTemplate::new(200).set_body_json(document(&issuer, "https://a.example/token"))).await;
    let file = format!("issuer: {issuer}\nendpoints: {{ revocation: \"https://a.example/revoke\" }}\n");
    let target = find(&file).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/token"));
    assert_eq!(target.endpoints.revocation.as_ref().map(|url| url.as_str()), Some("https://a.example/revoke"));
}

#[tokio::test]
async fn a_document_that_names_the_issuer_wins_over_an_earlier_one_that_does_not() {
    let server = MockServer::start().await;
    let issuer = issuer(&server);
    serve(&server, INSERTED, ResponseTemplate::new(200).set_body_json(document("https://else", "https://a.example/no"))).await;
    serve(&server, APPENDED, ResponseTemplate::new(200).set_body_json(document(&issuer, "https://a.example/yes"))).await;
    let target = find(&format!("issuer: {issuer}\n")).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/yes"));
}

#[tokio::test]
async fn metadata_that_names_another_issuer_is_used_and_left_to_the_checks() {
    let server = MockServer::start().await;
    let issuer = issuer(&server);
    serve(&server, OPENID, ResponseTemplate::new(200).set_body_json(document("https://else", "https://a.example/token"))).await;
    let target = find(&format!("issuer: {issuer}\n")).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/token"));
    assert_eq!(target.metadata.document.as_ref().and_then(|document| document["issuer"].as_str()), Some("https://else"));
}

#[tokio::test]
async fn the_file_wins_over_metadata() {
    let server = MockServer::start().await;
    let issuer = issuer(&server);
    serve(&server, INSERTED, ResponseTemplate::new(200).set_body_json(document(&issuer, "https://a.example/metadata"))).await;
    let file = format!(
        "issuer: {issuer}\nendpoints: {{ token: \"https://a.example/file\" }}\nresource: {{ url: \"https://api.example/me\" }}\n"
    );
    let target = find(&file).await.expect("endpoints");
    assert_eq!(token_of(&target), Some("https://a.example/file"));
    assert_eq!(target.endpoints.resource.as_ref().map(|url| url.as_str()), Some("https://api.example/me"));
}

#[tokio::test]
async fn anything_in_metadatas_place_is_no_error_while_endpoints_are_known_and_one_while_they_are_not() {
    let html = ResponseTemplate::new(200).set_body_raw("<html>hello</html>", "text/html");
    let redirect = ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/");
    let list = ResponseTemplate::new(200).set_body_json(json!(["token_endpoint"]));
    let long = ResponseTemplate::new(200).set_body_raw(" ".repeat(30_000), "application/json");
    let no_endpoint = ResponseTemplate::new(200).set_body_json(json!({ "issuer": "x" }));
    for (answer, told) in [
        (html, "status 200 without a JSON object (text/html)"),
        (ResponseTemplate::new(500), "status 500"),
        (redirect, "status 302"),
        (list, "status 200 without a JSON object"),
        (long, "the body is longer than 20000 octets"),
        (no_endpoint, "a JSON object that names no endpoint"),
        (ResponseTemplate::new(404), "status 404"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let issuer = issuer(&server);

        let target = find(&format!("issuer: {issuer}\nendpoints: {{ token: \"https://a.example/token\" }}\n")).await;
        assert_eq!(target.expect("an endpoint of the file's").metadata.seen.len(), 3);

        let unreachable = find(&format!("issuer: {issuer}\n")).await.expect_err("no endpoint");
        assert!(matches!(unreachable, Unreachable::NoEndpoint { .. }), "{unreachable}");
        let message = unreachable.to_string();
        for part in ["no endpoint is known", INSERTED, OPENID, APPENDED, told, "set `endpoints:`"] {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
    }
}

#[tokio::test]
async fn a_body_without_end_is_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{").await;
                while stream.write_all(&[b' '; 4096]).await.is_ok() {}
            });
        }
    });
    let unreachable = find(&format!("issuer: http://{address}\n")).await.expect_err("no endpoint");
    assert!(matches!(unreachable, Unreachable::NoEndpoint { .. }), "{unreachable}");
    let target = find(&format!("issuer: http://{address}\nendpoints: {{ token: \"http://{address}/token\" }}\n")).await;
    let target = target.expect("an endpoint of the file's");
    assert!(target.metadata.seen.iter().all(|seen| seen.response == Err(Failure::TooLong(20_000))));
    server.abort();
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_unreachable_even_where_the_file_names_endpoints() {
    let silent = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    for endpoints in [String::new(), format!("endpoints: {{ token: \"http://{silent}/token\" }}\n")] {
        let unreachable = find(&format!("issuer: http://{silent}\n{endpoints}")).await.expect_err("nobody there");
        assert!(matches!(unreachable, Unreachable::NothingAnswers { .. }), "{unreachable}");
        let message = unreachable.to_string();
        let refused = format!("tried http://{silent}/.well-known/oauth-authorization-server: cannot connect");
        assert!(message.contains("nothing answers at `issuer: http://") && message.contains(&refused), "{message}");
    }
}

#[tokio::test]
async fn endpoints_on_a_host_that_answers_are_enough_where_the_issuer_does_not() {
    let silent = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let server = MockServer::start().await;
    let file = format!("issuer: http://{silent}\nendpoints: {{ token: \"{}/token\" }}\n", server.uri());
    assert!(find(&file).await.is_ok());
}
