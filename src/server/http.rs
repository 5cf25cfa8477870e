//! The listeners: the only place of the server that knows the HTTP library.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, Response as HttpResponse, StatusCode};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::core::message::{Request, Response};

/// More than any OAuth request needs.
const BODY_LIMIT: usize = 64 * 1024;

/// What stands behind a listener: the core, or the admin interface.
pub type Answer = Arc<dyn Fn(Request) -> Response + Send + Sync>;

/// Serves until told to stop; then requests under way are answered first.
pub async fn serve(listener: TcpListener, answer: Answer, stop: CancellationToken) {
    let router = Router::new().fallback(move |request: HttpRequest<Body>| {
        let answer = Arc::clone(&answer);
        async move { exchange(request, &answer).await }
    });
    let listener = listener.tap_io(|stream| {
        // Without it a small answer waits for the acknowledgement of the one before; failing to set it only costs time.
        let _ = stream.set_nodelay(true);
    });
    // `axum::serve` retries what `accept` may fail with and has no error of its own to report.
    let _ = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
}

async fn exchange(request: HttpRequest<Body>, answer: &Answer) -> HttpResponse<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return written(Response::empty(413).with("connection", "close"));
    };
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let response = answer(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    });
    if let Some(delay) = response.delay {
        tokio::time::sleep(delay).await;
    }
    written(response)
}

fn written(response: Response) -> HttpResponse<Body> {
    let (status, fields, body) = response.render();
    let mut answer = HttpResponse::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in fields {
        // A value that HTTP cannot carry (a line break, say) is left out rather than sent on.
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    answer
}
