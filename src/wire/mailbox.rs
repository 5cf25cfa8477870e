//! Posts octets to who is not tested, such as a collector of metrics: bounded, without redirects, and through no proxy.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};
use url::{Position, Url};

use super::connect::Connect;
use super::paths::{builder, chain};
use super::tls::Keys;
use crate::protocol::{Failure, Secret};

/// The longest answer that is read, in octets; what is beyond is not looked at.
const LONGEST_ANSWER: usize = 64 << 10;

/// Where octets are posted to; cheap to clone.
#[derive(Clone)]
pub struct Mailbox {
    client: Client,
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The status.
    pub status: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Receipt {
    /// Whether it was taken.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The status in words, such as `503 Service Unavailable`.
    pub fn status_in_words(&self) -> String {
        StatusCode::from_u16(self.status).map_or_else(|_| self.status.to_string(), |status| status.to_string())
    }
}

impl Mailbox {
    /// A mailbox at this URL; the headers, which are secrets, go with everything that is posted, and `timeout` is for a post from its beginning to the
    /// last octet of the answer.
    ///
    /// # Errors
    /// A header cannot be sent, or TLS cannot be set up on this machine.
    pub fn new(url: Url, headers: &[(String, Secret)], connect: &Connect, timeout: Duration) -> Result<Self, Failure> {
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            let unsendable = |what: &str| Failure::Unsendable(format!("{what} {name:?}"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable("header name"))?;
            let mut value = HeaderValue::from_bytes(value.expose().as_bytes()).map_err(|_| unsendable("the value of header"))?;
            value.set_sensitive(true);
            sent.insert(header, value);
        }
        let tls = connect.tls(&["http/1.1"], &Keys::default())?;
        let client = builder(timeout).tls_backend_preconfigured(tls).build();
        let client = client.map_err(|error| Failure::Unsendable(chain(&error)))?;
        Ok(Self { client, url, headers: sent, timeout })
    }

    /// Where it is, without credentials and query.
    pub fn place(&self) -> String {
        let mut shown = self.url.clone();
        // A URL that can be posted to has a host, so both can be taken away.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown[..Position::AfterPath].to_owned()
    }

    /// Posts octets, once.
    ///
    /// # Errors
    /// Nothing came back in time.
    pub async fn post(&self, content_type: &'static str, octets: Vec<u8>) -> Result<Receipt, Failure> {
        let posted = tokio::time::timeout(self.timeout, self.attempt(content_type, octets));
        posted.await.unwrap_or(Err(Failure::TimedOut(self.timeout)))
    }

    async fn attempt(&self, content_type: &'static str, octets: Vec<u8>) -> Result<Receipt, Failure> {
        let failed = |error: reqwest::Error| {
            let why = chain(&error);
            if error.is_connect() { Failure::Connect(why) } else { Failure::Broken(why) }
        };
        let request = self.client.post(self.url.clone()).headers(self.headers.clone());
        let mut response = request.header(CONTENT_TYPE, content_type).body(octets).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = LONGEST_ANSWER - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == LONGEST_ANSWER {
                break;
            }
        }
        Ok(Receipt { status, body })
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({})", self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(url: &str, headers: &[(String, Secret)]) -> Result<Mailbox, Failure> {
        Mailbox::new(Url::parse(url).expect("a URL"), headers, &Connect::default(), Duration::from_millis(300))
    }

    #[test]
    fn what_it_shows_of_itself_holds_no_secret() {
        let headers = [("api-key".to_owned(), Secret::new("api-key", "s3cr3t"))];
        let shown =
            format!("{:?}", mailbox("http://me:pass@127.0.0.1:4318/v1/metrics?key=word", &headers).expect("it can be sent"));
        assert_eq!(shown, "Mailbox(http://127.0.0.1:4318/v1/metrics)");
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        for (name, value) in [("no name", "s3cr3t"), ("name", "s3cr3t\n")] {
            let refused = mailbox("http://127.0.0.1/", &[(name.to_owned(), Secret::new(name, value))]);
            let why = refused.expect_err("it cannot be sent").to_string();
            assert!(why.contains(name) && !why.contains("s3cr3t"), "{why}");
        }
    }

    #[tokio::test]
    async fn who_does_not_answer_is_waited_for_as_long_as_it_was_said() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let answered = mailbox(&url, &[]).expect("it can be sent").post("text/plain", Vec::new()).await;
        assert_eq!(answered, Err(Failure::TimedOut(Duration::from_millis(300))));
    }
}
