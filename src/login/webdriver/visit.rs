//! One walk in a browser: what it shows and what went over its wire become hops, until the errand ends.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::browser::{Browser, View};
use super::network::{Answer, Fact};
use super::user::{Next, Stage, User};
use crate::login::destination::{Territory, answer_in, answer_of};
use crate::login::errand::Errand;
use crate::login::form::{Asks, Page};
use crate::login::sighting::{End, Hop, Role};
use crate::protocol::{Endpoint, Failure, Request, Response};
use crate::provider::WebDriver;
use crate::wire::{Connect, Tape};

/// How often the browser is looked at.
const PAUSE: Duration = Duration::from_millis(80);

/// A page with scripts that shows nothing to answer for so long has nothing.
const LONGEST_SETTLING: Duration = Duration::from_secs(4);

/// A page that has not taken its answer after so long will not.
const PATIENCE: Duration = Duration::from_secs(8);

/// More documents than this are going round in circles.
const MOST_HOPS: usize = 40;

pub(super) struct Visit<'a> {
    browser: &'a Browser,
    tape: &'a Tape,
    config: &'a WebDriver,
    territory: Territory,
    start: Endpoint,
    user: User<'a>,
    hops: Vec<Hop>,
    /// What is asked for and not answered yet.
    asked: Option<Request>,
    /// How many documents came.
    loads: usize,
    source: Option<String>,
}

/// What a page was when it was last looked at, and since when.
struct Look {
    stage: Stage,
    text: String,
    since: Instant,
}

/// The page that was answered last.
struct Answered {
    stage: Stage,
    born: f64,
    loads: usize,
    when: Instant,
}

impl Answered {
    /// Whether the browser shows the document that its network speaks of: the one that was answered, or the one that came of it.
    fn agrees(&self, view: &View, loads: usize) -> bool {
        let same_document = (view.born - self.born).abs() < f64::EPSILON;
        same_document == (loads == self.loads) || self.when.elapsed() > PATIENCE
    }
}

impl<'a> Visit<'a> {
    pub fn new(browser: &'a Browser, tape: &'a Tape, config: &'a WebDriver, errand: &'a Errand<'a>) -> Self {
        let territory = Territory::new(&errand.start.target(), errand.stop_at.uris());
        Self {
            browser,
            tape,
            config,
            territory,
            start: errand.start.endpoint,
            user: User::new(errand),
            hops: Vec::new(),
            asked: None,
            loads: 0,
            source: None,
        }
    }

    /// The last page as it stood.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Every answer on the way, recorded; the browser went as this client does.
    pub fn into_hops(self, connect: &Connect) -> Vec<Hop> {
        for hop in &self.hops {
            self.tape.record_on(connect.way(&hop.request.url), &hop.request, Ok(&hop.response));
        }
        self.hops
    }

    /// From this request until the errand ends.
    pub async fn go(&mut self, from: &Request) -> End {
        if let Err(why) = self.browser.go(from).await {
            return End::Stuck { why };
        }
        let deadline = Instant::now() + self.config.timeout;
        let mut last: Option<Look> = None;
        let mut answered: Option<Answered> = None;
        loop {
            for fact in self.browser.facts(self.user.password()).await {
                if let Some(end) = self.take(fact) {
                    return end;
                }
            }
            if Instant::now() > deadline {
                return self.out_of_time(last.as_ref());
            }
            if self.asked.is_none()
                && self.loads > 0
                && let Some(view) = self.browser.view(&self.config.selectors).await
                && view.state == "complete"
                && answered.as_ref().is_none_or(|answered| answered.agrees(&view, self.loads))
            {
                if let Some(role) = &view.broken {
                    let why = format!("`login.webdriver.selectors.{role}` is no CSS selector that the browser can read");
                    return End::Stuck { why };
                }
                let page = Page::read(&view.url, &html(200, Vec::new(), &view.seen));
                let stage = Stage::of(&page, &view.picked, self.loads);
                self.note(&view, stage.asks);
                if let Some(end) = self.by_status(stage.asks) {
                    return end;
                }
                let look = match last.take() {
                    Some(look) if look.stage == stage && look.text == page.text() => look,
                    Some(_) | None => Look { stage, text: page.text().to_owned(), since: Instant::now() },
                };
                let stood = look.since.elapsed();
                let stage = look.stage.clone();
                last = Some(look);
                let waits = match &answered {
                    Some(answered) if answered.stage == stage => answered.when.elapsed() < PATIENCE,
                    Some(_) | None => false,
                };
                let settled = match (view.scripted, stage.asks) {
                    (false, _) => true,
                    (true, Asks::Nothing) => stood >= LONGEST_SETTLING,
                    (true, Asks::Login | Asks::UserCode | Asks::Decision) => stood >= PAUSE * 2,
                };
                if settled && !waits {
                    match self.user.answer(&page, &stage, &view.picked) {
                        Next::End(end) => return end,
                        Next::Do(gestures) => {
                            for gesture in &gestures {
                                // A page may go while its user is still typing.
                                let _ = self.browser.touch(gesture).await;
                            }
                            answered = Some(Answered { stage, born: view.born, loads: self.loads, when: Instant::now() });
                            continue;
                        }
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes what the browser's network says.
    fn take(&mut self, fact: Fact) -> Option<End> {
        match fact {
            Fact::Asked(request) => {
                let status = self.hops.last().map_or(200, |hop| hop.status);
                let raw = request.url.to_string();
                self.go_on(request, raw, status)
            }
            Fact::Redirected(answer, request) => {
                let to = request.url.clone();
                let (status, raw) = (answer.status, location(&answer, &to));
                self.keep(answer, Role::Redirect { to });
                self.go_on(request, raw, status)
            }
            Fact::Answered(answer) => {
                self.loads += 1;
                self.source = None;
                self.keep(answer, Role::OtherPage);
                None
            }
            Fact::LeftBrowser(answer, to) => {
                let (status, raw) = (answer.status, location(&answer, &to));
                self.asked.as_ref()?;
                self.keep(answer, Role::Redirect { to: to.clone() });
                let answer = answer_of(&to);
                self.territory.end_at(self.tape, to, raw, status, answer)
            }
            Fact::Failed(text) => {
                self.asked.take()?;
                Some(End::Failed(Failure::Broken(text)))
            }
        }
    }

    fn go_on(&mut self, mut request: Request, raw: String, status: u16) -> Option<End> {
        let to = request.url.clone();
        if self.territory.is_start(&to) {
            request.endpoint = self.start;
        }
        let end = self.territory.end_at(self.tape, to, raw, status, answer_in(&request));
        self.asked = Some(request);
        end.or_else(|| {
            let circles = || End::Stuck { why: format!("{MOST_HOPS} documents led nowhere, and the last one asks for another") };
            (self.hops.len() >= MOST_HOPS).then(circles)
        })
    }

    fn keep(&mut self, answer: Answer, role: Role) {
        let Some(request) = self.asked.take() else { return };
        let Answer { status, headers } = answer;
        let response = Response { status, headers, body: Vec::new(), elapsed: Duration::ZERO };
        self.hops.push(Hop { url: request.url.clone(), method: request.method, status, role, request, response });
    }

    /// Notes what the page is, as the browser shows it; a page that became another without a document is a hop of its own.
    fn note(&mut self, view: &View, asks: Asks) {
        self.source = Some(view.source.clone());
        let Some(hop) = self.hops.last_mut() else { return };
        let role = match asks {
            Asks::Login => Role::LoginPage,
            Asks::UserCode => Role::UserCodePage,
            Asks::Decision => Role::ConsentPage,
            Asks::Nothing => Role::OtherPage,
        };
        if hop.role != role && hop.role != Role::OtherPage {
            let next = Hop { url: view.url.clone(), role, ..hop.clone() };
            self.hops.push(next);
        } else {
            hop.role = role;
        }
        if let Some(hop) = self.hops.last_mut() {
            hop.response.body = view.source.as_bytes().to_vec();
        }
    }

    /// What the status alone decides.
    fn by_status(&mut self, asks: Asks) -> Option<End> {
        let hop = self.hops.last_mut()?;
        let status = hop.status;
        let refused = status >= 400 && !(matches!(status, 401 | 403) && asks == Asks::Login);
        if refused {
            hop.role = Role::ErrorPage;
        }
        match status {
            500.. => Some(End::Crashed { status }),
            _ if refused => Some(End::Refused { status }),
            _ => None,
        }
    }

    fn out_of_time(&self, last: Option<&Look>) -> End {
        let within = self.config.timeout;
        let why = match (last, &self.asked) {
            (_, Some(_)) => format!("the browser still waits for a page after {within:?}"),
            (Some(look), None) => format!("no end within {within:?}; {}", look.stage.name),
            (None, None) => format!("the browser shows no page within {within:?}"),
        };
        End::Stuck { why }
    }
}

fn html(status: u16, headers: Vec<(String, String)>, markup: &str) -> Response {
    let mut headers = headers;
    headers.push(("content-type".to_owned(), "text/html; charset=utf-8".to_owned()));
    Response { status, headers, body: markup.as_bytes().to_vec(), elapsed: Duration::ZERO }
}

/// The `Location` as it was sent.
fn location(answer: &Answer, to: &Url) -> String {
    let sent = answer.headers.iter().find(|(name, _)| name == "location");
    sent.map_or_else(|| to.to_string(), |(_, value)| value.clone())
}
