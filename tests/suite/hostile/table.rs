//! Answers that no sane server gives, one table: each is read for what it is, where a success is due, where a refusal is, and in a login.

use std::time::Duration;

use flowproof::verdict::{Finding, Kind, Outcome};
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{End, play_these, wire};

/// A success is due: the one answer is judged.
const SUCCESS: &str = "client_credentials/own-token";
/// A refusal is due, and its control is answered properly.
const REFUSAL: &str = "client_authentication/wrong-secret-basic-truncated";
/// A login comes first: nothing can be said of the provider.
const LOGIN: &str = "authorization/unknown-parameters";

/// What a check comes to, and words of the reason or of what was got.
type Read = (Outcome, Option<Kind>, &'static str);

const fn violated(kind: Kind, got: &'static str) -> Read {
    (Outcome::Violated, Some(kind), got)
}

const fn nothing(reason: &'static str) -> Read {
    (Outcome::Inconclusive, None, reason)
}

struct Strange {
    what: &'static str,
    head: &'static str,
    body: &'static str,
    end: End,
    success: Read,
    refusal: Read,
    login: Read,
}

/// An answer with a status, headers and a body.
const fn answer(what: &'static str, head: &'static str, body: &'static str, reads: [Read; 3]) -> Strange {
    let [success, refusal, login] = reads;
    Strange { what, head, body, end: End::Close, success, refusal, login }
}

const STUCK: &str = "the login cannot be operated";

fn table() -> Vec<Strange> {
    use Kind::{Crashed, Malformed, Refused};
    let limited = nothing("rate limited: the provider answers 429");
    vec![
        answer("429", "429 Too Many Requests\r\nretry-after: 0", "", [limited; 3]),
        answer(
            "429 for longer than anybody waits",
            "429 Too Many Requests\r\nretry-after: 3600",
            "",
            [nothing("it asks for 3600 s"); 3],
        ),
        answer(
            "429 until a date long past",
            "429 Too Many Requests\r\nretry-after: Wed, 21 Oct 2015 07:28:00 GMT",
            "{}",
            [limited; 3],
        ),
        answer(
            "503 with Retry-After",
            "503 Service Unavailable\r\nretry-after: 0",
            "",
            [nothing("rate limited: the provider answers 503"); 3],
        ),
        answer("500", "500 Internal Server Error", "", [violated(Crashed, "500"), violated(Crashed, "500"), nothing("500")]),
        answer(
            "500 with an OAuth error",
            "500 Internal Server Error\r\ncontent-type: application/json",
            r#"{"error":"invalid_client"}"#,
            [violated(Crashed, "500"), violated(Crashed, "500"), nothing("500")],
        ),
        answer(
            "200 with a page",
            "200 OK\r\ncontent-type: text/html",
            "<h1>Welcome</h1>",
            [violated(Malformed, "text/html"), violated(Malformed, "text/html"), nothing(STUCK)],
        ),
        answer(
            "200 with an error page",
            "200 OK\r\ncontent-type: text/html",
            "<h1>Error</h1><p>invalid_client</p>",
            [violated(Malformed, "text/html"), violated(Malformed, "text/html"), nothing(STUCK)],
        ),
        answer(
            "an error as a page",
            "401 Unauthorized\r\ncontent-type: text/html",
            "<h1>invalid_client</h1>",
            [violated(Refused, "401"), violated(Malformed, "text/html"), nothing("401")],
        ),
        answer(
            "problem+json",
            "401 Unauthorized\r\ncontent-type: application/problem+json",
            r#"{"type":"about:blank","title":"Unauthorized","status":401}"#,
            [violated(Refused, "problem+json"), violated(Malformed, "problem+json"), nothing("401")],
        ),
        answer(
            "null",
            "200 OK\r\ncontent-type: application/json",
            "null",
            [violated(Malformed, "not a JSON object"), violated(Malformed, "200"), nothing(STUCK)],
        ),
        answer(
            "a refusal that is null",
            "400 Bad Request\r\ncontent-type: application/json",
            "null",
            [violated(Refused, "400"), violated(Malformed, "400"), nothing("400")],
        ),
        answer("an empty body", "200 OK", "", [violated(Malformed, "200"), violated(Malformed, "200"), nothing(STUCK)]),
        answer(
            "a refusal with an empty body",
            "401 Unauthorized",
            "",
            [violated(Refused, "401"), violated(Malformed, "401"), nothing("401")],
        ),
        answer(
            "an error that is no string",
            "400 Bad Request\r\ncontent-type: application/json",
            r#"{"error":{"code":"invalid_client"}}"#,
            [violated(Refused, "400"), violated(Malformed, "400"), nothing("400")],
        ),
        answer(
            "200 with an error",
            "200 OK\r\ncontent-type: application/json",
            r#"{"error":"invalid_client"}"#,
            [violated(Malformed, "invalid_client"), violated(Malformed, "invalid_client"), nothing(STUCK)],
        ),
        answer(
            "400 with a Location",
            "400 Bad Request\r\nlocation: /login",
            "",
            [violated(Refused, "400"), violated(Malformed, "400"), nothing("400")],
        ),
        answer(
            "a redirect loop",
            "302 Found\r\nlocation: /auth",
            "",
            [violated(Refused, "302"), violated(Malformed, "302"), nothing("requests led nowhere")],
        ),
        answer(
            "wrong types",
            "200 OK\r\ncontent-type: application/json",
            r#"{"access_token":7,"token_type":["Bearer"],"expires_in":"soon"}"#,
            [violated(Malformed, "without an access_token"), violated(Kind::Accepted, "200"), nothing(STUCK)],
        ),
        answer(
            "a list",
            "200 OK\r\ncontent-type: application/json",
            r#"[{"access_token":"token"}]"#,
            [violated(Malformed, "not a JSON object"), violated(Malformed, "200"), nothing(STUCK)],
        ),
        answer(
            "a status that does not exist",
            "799 Whatever\r\ncontent-type: application/json",
            r#"{"error":"invalid_client"}"#,
            [violated(Crashed, "799"), violated(Crashed, "799"), nothing("799")],
        ),
        answer(
            "a coding that it is not in",
            "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip",
            r#"{"error":"invalid_client"}"#,
            [
                violated(Crashed, "not a valid HTTP answer"),
                violated(Crashed, "not a valid HTTP answer"),
                nothing("not a valid HTTP answer"),
            ],
        ),
        answer(
            "a gzip bomb",
            "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip",
            BOMB,
            [nothing("the body is longer than"), nothing("the body is longer than"), nothing("the body is longer than")],
        ),
        Strange {
            end: End::Flood,
            ..answer(
                "an endless body",
                "200 OK\r\ncontent-type: application/json",
                "",
                [nothing("the body is longer than"), nothing("the body is longer than"), nothing("the body is longer than")],
            )
        },
        Strange {
            end: End::Stall,
            ..answer(
                "half of a body",
                "200 OK\r\ncontent-type: application/json\r\ncontent-length: 500",
                "{\"acc",
                [violated(Crashed, "no whole answer"), violated(Crashed, "no whole answer"), nothing("no whole answer")],
            )
        },
        answer(
            "a body that breaks off",
            "200 OK\r\ncontent-type: application/json\r\ncontent-length: 500",
            "{\"acc",
            [
                violated(Crashed, "the connection broke"),
                violated(Crashed, "the connection broke"),
                nothing("the connection broke"),
            ],
        ),
        Strange {
            end: End::HalfClose,
            ..answer(
                "half-closed before the body",
                "200 OK\r\ncontent-type: application/json\r\ncontent-length: 500",
                "",
                [
                    violated(Crashed, "the connection broke"),
                    violated(Crashed, "the connection broke"),
                    nothing("the connection broke"),
                ],
            )
        },
    ]
}

/// Stands for [`bomb`].
const BOMB: &str = "BOMB";

/// Zeros by the megabyte in a few octets for each (RFC 1951 section 3.2.6: one literal, and copies of it of the greatest length).
fn bomb() -> Vec<u8> {
    let mut bits = vec![1, 1, 0];
    let mut code = |value: u32, length: u32| bits.extend((0..length).rev().map(|at| u8::from(value >> at & 1 == 1)));
    code(0b0011_0000, 8);
    for _ in 0..20_000 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    code(0, 7);
    let octets = bits.chunks(8).map(|octet| octet.iter().enumerate().map(|(at, bit)| bit << at).sum::<u8>());
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff].into_iter().chain(octets).collect()
}

/// Gives the answer to everything; or, where the control is to work, to all but who comes with the right secret.
async fn serve(strange: &Strange, control_works: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let body = if strange.body == BOMB { bomb() } else { strange.body.as_bytes().to_vec() };
    let sized = strange.head.contains("content-length") || matches!(strange.end, End::Flood);
    let length = if sized { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let octets = [format!("HTTP/1.1 {}\r\n{length}connection: close\r\n\r\n", strange.head).into_bytes(), body].concat();
    let end = strange.end;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let octets = octets.clone();
            tokio::spawn(async move { reply(socket, octets, end, control_works).await });
        }
    });
    base
}

async fn reply(mut socket: TcpStream, octets: Vec<u8>, end: End, control_works: bool) {
    let mut request = vec![0; 16 << 10];
    let length = socket.read(&mut request).await.unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
    // batch:secret-of-batch
    if control_works && request.contains("authorization: basic ymf0y2g6c2vjcmv0lw9mlwjhdgno\r\n") {
        let token = r#"{"access_token":"one","token_type":"Bearer","expires_in":60}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\nconnection: close";
        let _ = socket.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{token}", token.len()).as_bytes()).await;
        return;
    }
    let _ = socket.write_all(&octets).await;
    match end {
        End::Close => {}
        End::HalfClose => {
            let _ = socket.shutdown().await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        End::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
        End::Flood => while socket.write_all(&[b'a'; 4096]).await.is_ok() {},
    }
}

/// What is not as the table says.
fn misread(what: &str, finding: &Finding, expected: Read) -> Option<String> {
    let (outcome, kind, words) = expected;
    let said = finding.reason.clone().or(finding.violation.as_ref().map(|violation| violation.got.clone())).unwrap_or_default();
    let got = (finding.outcome, finding.violation.as_ref().map(|violation| violation.kind));
    (got != (outcome, kind) || !said.contains(words)).then(|| {
        format!("{what}: {}: expected {outcome:?} {kind:?} with {words:?}, got {:?} {:?}: {said}", finding.id, got.0, got.1)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_no_sane_server_gives_is_read_for_what_it_is() {
    // Most of it is waiting.
    let rows = futures::stream::iter(table()).map(|strange| async move {
        let mut wrong = Vec::new();
        let wire = wire(Duration::from_millis(1500));
        let all = play_these(&serve(&strange, false).await, &[SUCCESS, LOGIN], &wire, 1, None).await;
        let some = play_these(&serve(&strange, true).await, &[REFUSAL], &wire, 1, None).await;
        for (id, expected) in [(SUCCESS, strange.success), (REFUSAL, strange.refusal), (LOGIN, strange.login)] {
            let finding = all.findings.iter().chain(&some.findings).find(|finding| finding.id == id).expect("it was played");
            wrong.extend(misread(strange.what, finding, expected));
        }
        assert!(all.millis + some.millis < 30_000, "{}: {} ms and {} ms", strange.what, all.millis, some.millis);
        wrong
    });
    let wrong: Vec<String> = rows.buffer_unordered(4).concat().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
