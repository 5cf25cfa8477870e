//! One browser on its way, whoever drives it: requests sent as browsers send them, answers kept in order, redirects read, and the end at a border.

use super::destination::{Territory, answer_of};
use super::redirect::redirect;
use super::sighting::{Channel, End, Hop, Role};
use crate::protocol::{Body, Endpoint, Method, Params, Request};
use crate::wire::{Jar, Tape, Wire, limits_rate};

/// More requests than this are going round in circles.
const MOST_HOPS: usize = 30;

/// The way so far, and its borders.
pub(super) struct Trail<'a> {
    wire: &'a Wire,
    tape: &'a Tape,
    pub territory: Territory,
    start: Endpoint,
    pub hops: Vec<Hop>,
}

impl<'a> Trail<'a> {
    pub fn new(wire: &'a Wire, tape: &'a Tape, start: &Request, stops: &[&str]) -> Self {
        let territory = Territory::new(&start.target(), stops);
        Self { wire, tape, territory, start: start.endpoint, hops: Vec::new() }
    }

    /// Sends a request in this browser and keeps the answer, and every one that limits the rate before it.
    pub async fn send(&mut self, jar: &mut Jar, request: Request) -> Result<u16, Box<End>> {
        let mut patience = self.wire.patience();
        loop {
            let sent = jar.attach(as_browsers_do(request.clone()));
            let response = self.wire.send_once(self.tape, &sent).await.map_err(|failure| Box::new(End::Failed(failure)))?;
            let url = sent.target();
            jar.keep(&url, &response);
            let (status, again, limits) = (response.status, patience.lasts(&response), limits_rate(&response));
            self.hops.push(Hop { url, method: sent.method, status, role: Role::OtherPage, request: sent, response });
            if limits && !again {
                return Err(Box::new(End::Stuck { why: format!("the provider limits the rate (status {status})") }));
            }
            if !again {
                return Ok(status);
            }
        }
    }

    /// The last answer.
    pub fn last(&self) -> &Hop {
        self.hops.last().expect("an answer was just read")
    }

    /// Says what the last answer was for.
    pub fn mark(&mut self, role: Role) {
        self.hops.last_mut().expect("an answer was just read").role = role;
    }

    /// The request that the last answer leads to, and how it was put, if it is a redirect; marks it as one.
    pub fn redirected(&mut self) -> Option<Result<(Request, String), Box<End>>> {
        Some(match redirect(self.last(), &self.territory, self.start)? {
            Ok((to, request, raw)) => {
                self.mark(Role::Redirect { to });
                Ok((request, raw))
            }
            Err(why) => Err(Box::new(End::Stuck { why })),
        })
    }

    /// The request, if it stays with the provider; else the end that it is, at a redirect URI or at a stranger's.
    pub fn onward(&self, next: Request, raw: String, answer: (Channel, Params)) -> Result<Request, Box<End>> {
        match self.territory.end_at(self.tape, next.target(), raw, self.last().status, answer) {
            Some(end) => Err(Box::new(end)),
            None if self.hops.len() >= MOST_HOPS => {
                Err(Box::new(End::Stuck { why: format!("{MOST_HOPS} requests led nowhere, and the last one asks for another") }))
            }
            None => Ok(next),
        }
    }

    /// As [`Self::onward`], where the answer stands in the URL.
    pub fn onward_to(&self, next: Request, raw: String) -> Result<Request, Box<End>> {
        let answer = answer_of(&next.target());
        self.onward(next, raw, answer)
    }
}

/// Adds what a browser says when a user goes somewhere, where the request does not say otherwise.
fn as_browsers_do(mut request: Request) -> Request {
    request.url.set_fragment(None);
    let defaults = [
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en-US,en;q=0.9"),
        ("upgrade-insecure-requests", "1"),
    ];
    for (name, value) in defaults {
        if !request.headers.iter().any(|(other, _)| other == name) {
            request = request.header(name, value);
        }
    }
    if request.method == Method::Post && matches!(request.body, Body::Empty) {
        request.body = Body::Form(Vec::new());
    }
    request
}
