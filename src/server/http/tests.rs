//! What a listener does to clients that are too long, too slow, or in the way of its end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Door, serve_patiently};
use crate::server::core::message::{Content, Ending, Request, Response};

/// Long enough for a loaded machine to answer, short enough to wait for.
const PATIENCE: Duration = Duration::from_millis(500);

struct Listening {
    address: SocketAddr,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// Tells how much it was sent; `/late` takes its time, `/cut` stops in the middle, and `/closed` says nothing.
fn counted(request: Request) -> Response {
    let delay = (request.path == "/late").then_some(4 * PATIENCE);
    let (content, ending) = match request.path.as_str() {
        "/cut" => (Content::Html("0123456789".to_owned()), Ending::Truncated),
        "/closed" => (Content::Html("0123456789".to_owned()), Ending::Closed),
        _ => (Content::Empty, Ending::Whole),
    };
    Response { delay, content, ending, ..Response::empty(200).with("x-length", request.body.len().to_string()) }
}

impl Listening {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (stop, told) = watch::channel(());
        let task = tokio::spawn(serve_patiently(Door { listener, tls: None }, counted, PATIENCE, told));
        Self { address, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// All that comes back until the connection ends.
    async fn answer_to(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("it reads");
        rest_of(&mut stream).await
    }

    async fn stopped(self) {
        drop(self.stop);
        self.task.await.expect("it ends in good order");
    }
}

async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("a connection that ends in good order");
    String::from_utf8(answer).expect("text")
}

fn post(path: &str, head: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{head}\r\n{body}")
}

#[tokio::test]
async fn requests_that_follow_each_other_at_once_are_answered_in_order() {
    let server = Listening::start().await;
    let one = post("/", "content-length: 1\r\n", "a");
    let two = post("/", "content-length: 2\r\nconnection: close\r\n", "ab");
    let answers = server.answer_to(&format!("{one}{two}")).await;
    let lengths: Vec<_> = answers.lines().filter_map(|line| line.strip_prefix("x-length: ")).collect();
    assert_eq!(lengths, ["1", "2"]);
    server.stopped().await;
}

#[tokio::test]
async fn an_answer_that_is_to_end_early_does_so_and_the_connection_with_it() {
    let server = Listening::start().await;
    let two = post("/cut", "content-length: 0\r\n", "") + &post("/", "content-length: 0\r\n", "");
    let answer = server.answer_to(&two).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("content-length: 10\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n01234"), "{answer}");
    assert_eq!(server.answer_to(&post("/closed", "content-length: 0\r\n", "")).await, "");
    server.stopped().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_or_has_too_many_fields_is_refused() {
    let server = Listening::start().await;
    let long = format!("x-long: {}\r\n", "a".repeat(100_000));
    let many = "x-many: a\r\n".repeat(101);
    for head in [long, many] {
        let answer = server.answer_to(&post("/", &head, "")).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_taken_and_one_beyond_it_is_refused() {
    let server = Listening::start().await;
    for (length, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413), (500_000, 413)] {
        let body = "a".repeat(length);
        let announced = post("/", &format!("content-length: {length}\r\nconnection: close\r\n"), &body);
        let in_chunks =
            post("/", "transfer-encoding: chunked\r\nconnection: close\r\n", &format!("{length:x}\r\n{body}\r\n0\r\n\r\n"));
        for request in [announced, in_chunks] {
            let answer = server.answer_to(&request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{length}: {answer}");
            assert!(answer.contains("connection: close"), "{length}: {answer}");
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_asks_first_need_not_send_a_body_that_is_too_long() {
    let server = Listening::start().await;
    let answer = server.answer_to(&post("/", "content-length: 70000\r\nexpect: 100-continue\r\n", "")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn a_body_whose_chunks_cannot_be_read_is_refused() {
    let server = Listening::start().await;
    let answer = server.answer_to(&post("/", "transfer-encoding: chunked\r\n", "zz\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_left_and_who_does_not_finish_a_body_is_told() {
    let server = Listening::start().await;
    let unfinished = post("/", "content-length: 5\r\n", "abc");
    let (silent, slow_head, slow_body) =
        tokio::join!(server.answer_to(""), server.answer_to("GET / HTTP/1.1\r\nhost: loc"), server.answer_to(&unfinished),);
    assert_eq!((silent.as_str(), slow_head.as_str()), ("", ""));
    assert!(slow_body.starts_with("HTTP/1.1 408 "), "{slow_body}");
    server.stopped().await;
}

#[tokio::test]
async fn a_trickle_does_not_buy_time() {
    let server = Listening::start().await;
    let mut stream = server.connect().await;
    let began = Instant::now();
    for letter in "GET / HTTP/1.1\r\nx-slow: ".bytes().chain(std::iter::repeat(b'a')) {
        if stream.write_all(&[letter]).await.is_err() || began.elapsed() > 20 * PATIENCE {
            break;
        }
        tokio::time::sleep(PATIENCE / 10).await;
    }
    assert!(began.elapsed() < 10 * PATIENCE, "{:?}", began.elapsed());
    server.stopped().await;
}

#[tokio::test]
async fn an_answer_that_is_held_back_longer_than_clients_may_take_still_comes() {
    let server = Listening::start().await;
    let answer = server.answer_to(&post("/late", "connection: close\r\ncontent-length: 3\r\n", "abc")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("x-length: 3"), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn told_to_stop_it_answers_what_is_under_way_and_leaves_who_says_nothing() {
    let server = Listening::start().await;
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.write_all(post("/", "content-length: 0\r\n", "").as_bytes()).await.expect("it reads");
    let mut late = server.connect().await;
    late.write_all(post("/late", "content-length: 0\r\n", "").as_bytes()).await.expect("it reads");
    tokio::time::sleep(PATIENCE / 3).await;
    let address = server.address;
    let told = Instant::now();
    let (_, silent, idle) = tokio::join!(
        async {
            server.stopped().await;
        },
        rest_of(&mut silent),
        async {
            let answer = rest_of(&mut idle).await;
            (answer, told.elapsed())
        },
    );
    assert_eq!(silent, "");
    assert!(idle.0.starts_with("HTTP/1.1 200 ") && idle.1 < 3 * PATIENCE, "{idle:?}");
    let late = rest_of(&mut late).await;
    assert!(late.starts_with("HTTP/1.1 200 ") && late.contains("connection: close"), "{late}");
    assert!(TcpStream::connect(address).await.is_err());
}
