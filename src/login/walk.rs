//! The form driver: walks through the pages, one request after the other, each answer read for what it is, until the errand ends.

use super::destination::{Place, answer_in};
use super::errand::{Decision, Errand, Stop};
use super::form::{Asks, Page};
use super::sighting::{End, Role, Sighting};
use super::trail::Trail;
use crate::protocol::{Endpoint, Request};
use crate::wire::{Jar, Tape, Wire};

/// More pages than this ask for something that the errand does not have.
const MOST_PAGES: usize = 12;

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

/// As [`look`], for somebody else who goes on from the page: what its scripts do by themselves is left to them.
pub(super) async fn approach(wire: &Wire, tape: &Tape, jar: &mut Jar, errand: &Errand<'_>) -> Sighting {
    let walk = Walk::new(wire, tape, &errand.start, errand.stop_at.uris(), None);
    Walk { leaves_scripts: true, ..walk }.go(jar, errand.start.clone()).await
}

struct Walk<'a> {
    trail: Trail<'a>,
    user: Option<User<'a>>,
    /// Whether a page that only seems to go on by itself, by what stands in its scripts, is left to a browser.
    leaves_scripts: bool,
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
        Self { trail: Trail::new(wire, tape, start, stops), user, leaves_scripts: false }
    }

    async fn go(mut self, jar: &mut Jar, start: Request) -> Sighting {
        let mut request = start;
        let end = loop {
            if let Err(end) = self.trail.send(jar, request).await {
                break *end;
            }
            let onward = match self.next() {
                Next::End(end) => break end,
                // Whatever a 307 would hand on, the answer stands in the URL.
                Next::Redirect(next, raw) => self.trail.onward_to(*next, raw),
                Next::Ask(next, raw) => {
                    let answer = answer_in(&next);
                    self.trail.onward(*next, raw, answer)
                }
            };
            match onward {
                Ok(next) => request = next,
                Err(end) => break *end,
            }
        };
        Sighting { hops: self.trail.hops, end }
    }

    /// Reads the last answer: what it was for, and what comes next.
    fn next(&mut self) -> Next {
        match self.trail.redirected() {
            Some(Ok((request, raw))) => Next::Redirect(Box::new(request), raw),
            Some(Err(end)) => Next::End(*end),
            None => {
                let (role, next) = self.read_page();
                self.trail.mark(role);
                next
            }
        }
    }

    fn read_page(&mut self) -> (Role, Next) {
        let hop = self.trail.last();
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
                Some((request, raw)) if self.trail.territory.place(&request.target()) != Place::Provider => {
                    (Role::RelayPage, Next::Ask(request, raw))
                }
                Some(_) | None => (Role::ErrorPage, Next::End(End::Refused { status })),
            };
        }
        // Nobody sits before a browser that only looks, so a form that submits itself wins over what else the page asks.
        let by_itself = match &self.user {
            None if page.form_that_submits_itself().is_some() => by_itself(&page, Asks::Nothing),
            None if self.leaves_scripts => None,
            None | Some(_) => by_itself(&page, asks),
        };
        let role = match asks {
            Asks::Login | Asks::UserCode | Asks::Decision | Asks::Nothing if by_itself.is_some() => Role::RelayPage,
            Asks::Login => Role::LoginPage,
            Asks::UserCode => Role::UserCodePage,
            Asks::Decision => Role::ConsentPage,
            Asks::Nothing => Role::OtherPage,
        };
        if self.trail.hops.iter().filter(|hop| hop.is_page()).count() > MOST_PAGES {
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
        let code = self.errand.user_code;
        if code.is_none() && !page.code_filled_in() {
            return stuck(format!("{} asks for a code that this errand does not have", page.name()));
        }
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
