//! The form driver: walks through the pages, one request after the other, each answer read for what it is, until the errand ends.

use std::time::Duration;

use super::destination::{Place, Territory, answer_in, answer_of};
use super::errand::{Decision, Errand, Stop};
use super::form::{Asks, Page};
use super::redirect::redirect;
use super::sighting::{End, Hop, Role, Sighting};
use crate::protocol::vault::SECRET_MEMBERS;
use crate::protocol::{Body, Endpoint, Failure, Method, Params, Request, Secret};
use crate::wire::{Jar, Tape, Wire};

/// More requests than this are going round in circles.
const MOST_HOPS: usize = 30;

/// More pages than this ask for something that the errand does not have.
const MOST_PAGES: usize = 12;

/// A provider that wants a longer rest is not waited for.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// Walks through the provider's pages as this user, and stops where the errand says.
pub(super) async fn walk(wire: &Wire, tape: &Tape, jar: &mut Jar, errand: &Errand<'_>) -> Sighting {
    let user =
        User { errand, sent_username: false, sent_password: false, sent_code: false, decided: false, answered: Vec::new() };
    Walk::new(wire, tape, &errand.start, errand.stop_at.uris(), Some(user)).go(jar, errand.start.clone()).await
}

/// Follows what moves without a user and operates nothing: ends at the first page that stands still, at one of these URIs (never fetched), or outside.
pub async fn look(wire: &Wire, tape: &Tape, jar: &mut Jar, start: Request, stop_at: &[&str]) -> Sighting {
    Walk::new(wire, tape, &start, stop_at, None).go(jar, start.clone()).await
}

struct Walk<'a> {
    wire: &'a Wire,
    tape: &'a Tape,
    territory: Territory,
    start: Endpoint,
    user: Option<User<'a>>,
    hops: Vec<Hop>,
}

/// What the user has done so far.
struct User<'a> {
    errand: &'a Errand<'a>,
    sent_username: bool,
    sent_password: bool,
    sent_code: bool,
    decided: bool,
    /// The pages answered so far: one that comes again has not taken its answer.
    answered: Vec<Looks>,
}

/// What a user knows a page by.
type Looks = (String, String, Vec<String>);

/// What comes after an answer.
enum Next {
    /// Where a redirect leads, and how it was put.
    Redirect(Box<Request>, String),
    /// What a page makes its user, or itself, ask for, and how it was put.
    Ask(Box<Request>, String),
    /// Nothing.
    End(End),
}

impl<'a> Walk<'a> {
    fn new(wire: &'a Wire, tape: &'a Tape, start: &Request, stops: &[&str], user: Option<User<'a>>) -> Self {
        Self { wire, tape, territory: Territory::new(&start.target(), stops), start: start.endpoint, user, hops: Vec::new() }
    }

    async fn go(mut self, jar: &mut Jar, start: Request) -> Sighting {
        let mut request = start;
        let mut rested = false;
        let end = loop {
            let again = request.clone();
            let status = match self.send(jar, request).await {
                Ok(status) => status,
                Err(failure) => break End::Failed(failure),
            };
            match self.rest(status) {
                None => {}
                Some(rest) if rest <= LONGEST_REST && !rested => {
                    rested = true;
                    tokio::time::sleep(rest).await;
                    request = again;
                    continue;
                }
                Some(_) => break End::Stuck { why: format!("the provider limits the rate (status {status})") },
            }
            let (next, raw, (channel, params)) = match self.next() {
                Next::End(end) => break end,
                // Whatever a 307 would hand on, the answer stands in the URL.
                Next::Redirect(next, raw) => {
                    let answer = answer_of(&next.target());
                    (next, raw, answer)
                }
                Next::Ask(next, raw) => {
                    let answer = answer_in(&next);
                    (next, raw, answer)
                }
            };
            let location = next.target();
            match self.territory.place(&location) {
                Place::Provider if self.hops.len() >= MOST_HOPS => {
                    break End::Stuck { why: format!("{MOST_HOPS} requests led nowhere, and the last one asks for another") };
                }
                Place::Provider => request = *next,
                Place::Stop => {
                    self.learn(&params);
                    break End::Redirected { location, raw, status, channel, params };
                }
                Place::Outside => {
                    self.learn(&params);
                    break End::Outside { location, raw, status, channel, params };
                }
            }
        };
        Sighting { hops: self.hops, end }
    }

    async fn send(&mut self, jar: &mut Jar, request: Request) -> Result<u16, Failure> {
        let request = jar.attach(as_browsers_do(request));
        let response = self.wire.send(self.tape, &request).await?;
        let url = request.target();
        jar.keep(&url, &response);
        let status = response.status;
        self.hops.push(Hop { url, method: request.method, status, role: Role::OtherPage, request, response });
        Ok(status)
    }

    /// How long the last answer asks to wait: too many requests, or no time for this one.
    fn rest(&self, status: u16) -> Option<Duration> {
        let retry_after = self.hops.last().and_then(|hop| hop.response.header("retry-after"));
        match (status, retry_after) {
            // A date, too, is no reason to give up at once.
            (429, after) | (503, after @ Some(_)) => {
                Some(Duration::from_secs(after.and_then(|after| after.trim().parse().ok()).unwrap_or(1)))
            }
            _ => None,
        }
    }

    /// Has the tape mask what an answer holds, in whatever way it came.
    fn learn(&self, params: &Params) {
        let secrets = params.0.iter().filter(|(name, _)| SECRET_MEMBERS.contains(&name.as_str()));
        self.tape.learn(&secrets.map(|(name, value)| Secret::of_member(name, value)).collect::<Vec<_>>());
    }

    /// Reads the last answer: what it was for, and what comes next.
    fn next(&mut self) -> Next {
        let hop = self.hops.last().expect("an answer was just read");
        let (role, next) = match redirect(hop, &self.territory, self.start) {
            Some(Ok((to, request, raw))) => (Role::Redirect { to }, Next::Redirect(Box::new(request), raw)),
            Some(Err(why)) => (Role::OtherPage, Next::End(End::Stuck { why })),
            None => self.read_page(),
        };
        self.hops.last_mut().expect("an answer was just read").role = role;
        next
    }

    fn read_page(&mut self) -> (Role, Next) {
        let hop = self.hops.last().expect("an answer was just read");
        let status = hop.status;
        if status >= 500 {
            return (Role::ErrorPage, Next::End(End::Crashed { status }));
        }
        let page = hop.page();
        let asks = page.asks();
        // Some servers say 401 or 403 with the page that asks who the user is; any other 4xx is a refusal, whatever its layout holds.
        if status >= 400 && !(matches!(status, 401 | 403) && asks == Asks::Login) {
            // Browsers follow what moves without a user whatever the status: an error page may be an open redirector.
            return match by_itself(&page, Asks::Nothing) {
                Some((request, raw)) if self.territory.place(&request.target()) != Place::Provider => {
                    (Role::RelayPage, Next::Ask(request, raw))
                }
                Some(_) | None => (Role::ErrorPage, Next::End(End::Refused { status })),
            };
        }
        // Nobody sits before a browser that only looks, so a form that submits itself wins over what else the page asks.
        let by_itself = match &self.user {
            None if page.form_that_submits_itself().is_some() => by_itself(&page, Asks::Nothing),
            None | Some(_) => by_itself(&page, asks),
        };
        let role = match asks {
            Asks::Login | Asks::UserCode | Asks::Decision | Asks::Nothing if by_itself.is_some() => Role::RelayPage,
            Asks::Login => Role::LoginPage,
            Asks::UserCode => Role::UserCodePage,
            Asks::Decision => Role::ConsentPage,
            Asks::Nothing => Role::OtherPage,
        };
        if self.hops.iter().filter(|hop| hop.is_page()).count() > MOST_PAGES {
            return (role, Next::End(End::Stuck { why: format!("after {MOST_PAGES} pages, {} is one more", page.name()) }));
        }
        let next = match (&mut self.user, by_itself) {
            (None, Some((request, raw))) => Next::Ask(request, raw),
            (None, None) => Next::End(End::Finished),
            (Some(user), by_itself) => user.answer(&page, asks, by_itself),
        };
        (role, next)
    }
}

impl User<'_> {
    fn answer(&mut self, page: &Page, asks: Asks, by_itself: Option<(Box<Request>, String)>) -> Next {
        let ends_after_decision = self.errand.stop_at == Stop::Decision && self.decided;
        match asks {
            // A device may be confirmed first and its user asked for after.
            Asks::Login if ends_after_decision && self.sent_password => Next::End(End::Finished),
            Asks::UserCode if ends_after_decision => Next::End(End::Finished),
            Asks::Login => self.log_in(page),
            Asks::UserCode => self.enter_code(page),
            Asks::Decision if matches!(self.errand.stop_at, Stop::Asked(_)) => Next::End(End::Finished),
            Asks::Decision => match page.decide(self.errand.decision) {
                Some(request) if self.is_new(page) => {
                    self.decided = true;
                    ask(request)
                }
                Some(_) => stuck(format!("{} came back after it was answered", page.name())),
                None => stuck(format!("nothing to deny with: {}", page.offer())),
            },
            // Where the page behind the decision leads after a while is none of the errand's.
            Asks::Nothing if ends_after_decision && page.form_that_submits_itself().is_none() => Next::End(End::Finished),
            Asks::Nothing => match (by_itself, self.errand.decision) {
                (Some((request, raw)), _) => Next::Ask(request, raw),
                (None, Decision::Approve) => match page.carry_on(self.errand.username) {
                    Some(request) if self.is_new(page) => ask(request),
                    Some(_) => stuck(format!("{} came back after it was answered", page.name())),
                    // A server that asks nothing of a user with a code has taken the code for the decision.
                    None if self.errand.stop_at == Stop::Decision && (self.sent_password || self.sent_code) => {
                        Next::End(End::Finished)
                    }
                    None => stuck(page.obstacle()),
                },
                // One button alone may be the approval.
                (None, Decision::Deny) if page.carry_on(self.errand.username).is_some() => {
                    stuck(format!("nothing to deny with: {}", page.offer()))
                }
                (None, Decision::Deny) => stuck(page.obstacle()),
            },
        }
    }

    fn log_in(&mut self, page: &Page) -> Next {
        let Errand { username, password, .. } = *self.errand;
        if self.sent_password {
            return stuck(format!("the login page came back after the password was sent ({})", page.name()));
        }
        let request = if page.wants_password() {
            self.sent_password = true;
            if page.login_approves() {
                if self.errand.decision == Decision::Deny {
                    return stuck(format!("nothing to deny with: {} logs in and approves with one button", page.name()));
                }
                self.decided = true;
            }
            page.log_in(username, password)
        } else if self.sent_username {
            // The page shows its password field by script only.
            self.sent_password = true;
            page.log_in_unveiled(username, password)
        } else {
            page.log_in(username, password)
        };
        self.sent_username = true;
        match request {
            Some(request) => ask(request),
            None => stuck(format!("the page that asks for the user name came back after it was sent ({})", page.name())),
        }
    }

    fn enter_code(&mut self, page: &Page) -> Next {
        // The complete address brings the code along, and the page shows it in its field.
        let Some(code) = self.errand.user_code.or(page.code_filled_in().then_some("")) else {
            return stuck(format!("{} asks for a code that this errand does not have", page.name()));
        };
        if self.sent_code {
            return stuck(format!("the page that asks for the user code came back after it was sent ({})", page.name()));
        }
        self.sent_code = true;
        page.enter_code(code).map_or_else(|| stuck(page.obstacle()), ask)
    }

    /// Whether this page was not answered before.
    fn is_new(&mut self, page: &Page) -> bool {
        let controls = page.forms().iter().flat_map(|form| {
            let fields = form.fields.iter().filter(|field| field.shown).map(|field| field.name.clone());
            fields.chain(form.buttons.iter().map(|button| button.text.clone()))
        });
        let looks = (page.url().path().to_owned(), page.title().to_owned(), controls.collect());
        let new = !self.answered.contains(&looks);
        self.answered.push(looks);
        new
    }
}

fn stuck(why: String) -> Next {
    Next::End(End::Stuck { why })
}

fn ask(request: Request) -> Next {
    let raw = request.url.to_string();
    Next::Ask(Box::new(request), raw)
}

/// Where a page goes without its user: a form that submits itself, or a refresh where there is nothing to answer.
fn by_itself(page: &Page, asks: Asks) -> Option<(Box<Request>, String)> {
    if asks != Asks::Nothing {
        return None;
    }
    if let Some(form) = page.form_that_submits_itself() {
        // A script that submits presses no button.
        return Some((Box::new(form.fill(&[], None)), form.raw_action.clone()));
    }
    let to = page.refresh()?;
    Some((Box::new(Request::get(Endpoint::Page, to)), to.to_string()))
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
