//! Answers `GET /metrics` while a run lasts: a small HTTP/1.1 server that is bounded in every respect, and reads nothing but the head of a request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::exposition::{Format, render};
use super::figures::Figures;

/// Where the figures are.
const PATH: &str = "/metrics";

/// Connections at once; further ones wait.
const MOST_CONNECTIONS: usize = 16;

/// The longest head of a request, in octets.
const LONGEST_HEAD: usize = 16 << 10;

/// For how long a request's head may take, and a connection rest between two requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// After which time a connection is ended between two requests, and how long an answer may take to be fetched then.
const LIFETIME: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(10));

/// How long the listener rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(100);

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, figures: Arc<Figures>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let figures = Arc::clone(&figures);
                connections.spawn(async move {
                    converse(stream, figures).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn converse(stream: TcpStream, figures: Arc<Figures>) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &figures);
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LONGEST_HEAD);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
    let (lifetime, grace) = LIFETIME;
    // Whoever asks has gone, or was answered: there is nobody to tell of a failure.
    if tokio::time::timeout(lifetime, connection.as_mut()).await.is_ok() {
        return;
    }
    connection.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(grace, connection).await);
}

fn answer(request: &Request<Incoming>, figures: &Figures) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return plain(StatusCode::NOT_FOUND, "the figures are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "the figures are there to be read: GET\n");
        answer.headers_mut().insert(ALLOW, http::HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    let format = Format::accepted(&accepted(request.headers()));
    match render(figures.read(), format) {
        Ok(text) => with(StatusCode::OK, format.content_type(), text),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("the figures cannot be written: {error}\n")),
    }
}

/// What all `Accept` headers say together (RFC 9110 section 5.3).
fn accepted(headers: &HeaderMap) -> String {
    let values: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    with(status, "text/plain; charset=utf-8", text.to_owned())
}

fn with(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    headers.insert(VARY, http::HeaderValue::from_static("accept"));
    response
}
