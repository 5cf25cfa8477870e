//! The recipe driver: sends the requests that the provider file lists, and cuts from each answer what the next one needs.

use std::fmt;

use regex::Regex;
use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use super::errand::{Decision, Errand, Stop};
use super::sighting::{End, Hop, Role, Sighting};
use super::trail::Trail;
use crate::protocol::{Body, Endpoint, Method, Params, Request, Secret};
use crate::provider::{Case, Cut, Known, REDIRECT, Recipe, RecipeBody, RecipeRequest, RecipeStep, Taking};
use crate::wire::{Jar, Tape, Wire};

/// Sends the errand's first request, and then what the recipe lists.
pub(super) async fn cook(wire: &Wire, tape: &Tape, jar: &mut Jar, recipe: &Recipe, errand: &Errand<'_>) -> Sighting {
    let trail = Trail::new(wire, tape, &errand.start, errand.stop_at.uris());
    let mut cook = Cook { tape, jar, trail, known: knowledge(errand), start: errand.start.target() };
    let end = match cook.all(recipe, errand).await {
        Ok(end) => end,
        Err(end) => *end,
    };
    Sighting { hops: cook.trail.hops, end }
}

/// What a recipe knows before its first step.
fn knowledge(errand: &Errand<'_>) -> Known {
    let start = errand.start.target();
    let decision = match errand.decision {
        Decision::Approve => "approve",
        Decision::Deny => "deny",
    };
    let mut known: Known = errand
        .start
        .params()
        .iter()
        .map(|(name, value)| (name.clone(), value.expose().to_owned()))
        .chain(Params::of_query(&start).0)
        .map(|(name, value)| (format!("start.{name}"), value))
        .collect();
    let fixed = [
        ("start", start.as_str()),
        ("username", errand.username),
        ("password", errand.password.expose()),
        ("decision", decision),
        ("user_code", errand.user_code.map_or("", Secret::expose)),
    ];
    known.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    known
}

struct Cook<'a, 'b> {
    tape: &'a Tape,
    jar: &'b mut Jar,
    trail: Trail<'a>,
    known: Known,
    start: Url,
}

/// A step of one of the recipes, for a reader.
#[derive(Clone, Copy)]
struct At {
    recipe: &'static str,
    step: usize,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} of `login.recipe.{}`", self.step + 1, self.recipe)
    }
}

impl At {
    fn stuck(self, why: impl fmt::Display) -> Box<End> {
        Box::new(End::Stuck { why: format!("{self}: {why}") })
    }
}

impl Cook<'_, '_> {
    /// `Err` is an end that came before that of the recipe.
    async fn all(&mut self, recipe: &Recipe, errand: &Errand<'_>) -> Result<End, Box<End>> {
        let status = self.trail.send(self.jar, errand.start.clone()).await?;
        // Where a script would read a page or a cookie, there is nothing to follow; a way out is one all the same.
        if let Some(led) = self.trail.redirected() {
            let (next, raw) = led?;
            self.trail.onward_to(next, raw)?;
        } else {
            refused_by(status)?;
        }
        match errand.stop_at {
            Stop::Decision => {
                let (name, steps) = match errand.decision {
                    Decision::Approve => ("device", &recipe.device),
                    Decision::Deny => ("device_denial", &recipe.device_denial),
                };
                if steps.is_empty() {
                    return Err(Box::new(End::Stuck { why: format!("the provider file has no `login.recipe.{name}`") }));
                }
                self.steps(name, steps, Role::ConsentPage).await?;
                Ok(End::Finished)
            }
            Stop::RedirectUri(_) | Stop::Asked(_) => {
                self.steps("login", &recipe.login, Role::LoginPage).await?;
                let (name, steps) = match errand.decision {
                    _ if matches!(errand.stop_at, Stop::Asked(_)) => return Ok(End::Finished),
                    Decision::Approve => ("consent", &recipe.consent),
                    Decision::Deny => ("denial", &recipe.denial),
                };
                self.steps(name, steps, Role::ConsentPage).await?;
                let last = self.trail.last();
                Err(Box::new(End::Stuck {
                    why: format!(
                        "the recipe is at its end (`login.recipe.{name}`), and nobody was sent to the client: {} {} was answered with status {}",
                        last.method.as_str(),
                        last.url.path(),
                        last.status
                    ),
                }))
            }
        }
    }

    async fn steps(&mut self, recipe: &'static str, steps: &[RecipeStep], role: Role) -> Result<(), Box<End>> {
        for (step, of) in steps.iter().enumerate() {
            let is_for_this_case = match &of.only {
                None => true,
                Some(Case::Taken(name)) => self.known.contains_key(name),
                Some(Case::NotTaken(name)) => !self.known.contains_key(name),
            };
            if is_for_this_case {
                self.step(At { recipe, step }, of, &role).await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, at: At, step: &RecipeStep, role: &Role) -> Result<(), Box<End>> {
        if let Some(request) = &step.request {
            let request = self.request(at, request)?;
            self.ask(at, step, request, role).await?;
        }
        for taking in &step.take {
            match self.take(taking) {
                Some(value) => self.keep(&taking.name, value),
                None if taking.optional => {}
                None => return Err(at.stuck(format_args!("no `{}` in {}", taking.name, seen(self.trail.last())))),
            }
        }
        if step.refused {
            return Err(Box::new(End::Refused { status: self.trail.last().status }));
        }
        if step.take.iter().any(|taking| taking.name == REDIRECT)
            && let Some(to) = self.known.remove(REDIRECT)
        {
            let url = self.trail.last().url.join(&to).map_err(|_| at.stuck("what it took as `redirect` is no URL"))?;
            let next = self.trail.onward_to(Request::get(Endpoint::Page, &url), to)?;
            self.follow(next, role).await?;
        }
        Ok(())
    }

    fn request(&self, at: At, request: &RecipeRequest) -> Result<Request, Box<End>> {
        let unknown = |name: String| at.stuck(format_args!("`{name}` was not taken before"));
        let url = request.url.fill_url(&self.known).map_err(unknown)?;
        let url = self.start.join(&url).map_err(|error| at.stuck(format_args!("its URL is none: {error}")))?;
        let mut made = Request::get(Endpoint::Page, &url).method(request.method);
        match &request.body {
            RecipeBody::Empty if request.method == Method::Get => {}
            RecipeBody::Empty => made.body = raw("", String::new()),
            RecipeBody::Form(entries) => {
                let entry = |(name, value): &(String, crate::provider::Template)| {
                    Ok((name.clone(), Secret::chosen(format!("{name} of the recipe"), value.fill(&self.known)?).into()))
                };
                made.body = Body::Form(entries.iter().map(entry).collect::<Result<_, String>>().map_err(unknown)?);
            }
            RecipeBody::Json(document) => {
                let document = document.fill(&self.known).map_err(unknown)?;
                made = made.header("accept", "application/json, text/plain, */*");
                made.body = raw("application/json", document.to_string());
            }
        }
        for (name, value) in &request.headers {
            let value = value.fill(&self.known).map_err(unknown)?;
            made = made.header(&name.to_ascii_lowercase(), Secret::chosen(format!("header {name} of the recipe"), value));
        }
        Ok(made)
    }

    /// Sends a step's request and holds the answer against what the step expects.
    async fn ask(&mut self, at: At, step: &RecipeStep, request: Request, role: &Role) -> Result<(), Box<End>> {
        let request = self.trail.onward_to(request.clone(), request.url.to_string())?;
        let status = self.trail.send(self.jar, request).await?;
        self.trail.mark(role.clone());
        let expected = if step.expect.is_empty() { (200..400).contains(&status) } else { step.expect.contains(&status) };
        if !expected {
            if status >= 500 {
                return Err(Box::new(End::Crashed { status }));
            }
            return Err(at.stuck(format_args!("{} is not what it expects", seen(self.trail.last()))));
        }
        match self.trail.redirected() {
            None => Ok(()),
            Some(led) => {
                let led = led.and_then(|(next, raw)| self.trail.onward_to(next, raw));
                // The page was the user's to answer, whatever it leads to.
                self.trail.mark(role.clone());
                match led {
                    Ok(next) if step.follow => self.follow(next, role).await,
                    Ok(_) => Ok(()),
                    // A status without a Location is the step's own affair.
                    Err(end) if matches!(*end, End::Stuck { .. }) && !step.expect.is_empty() => Ok(()),
                    Err(end) => Err(end),
                }
            }
        }
    }

    /// Goes on until a page stands still.
    async fn follow(&mut self, next: Request, role: &Role) -> Result<(), Box<End>> {
        let mut next = next;
        loop {
            let status = self.trail.send(self.jar, next).await?;
            match self.trail.redirected() {
                Some(led) => {
                    let (request, raw) = led?;
                    next = self.trail.onward_to(request, raw)?;
                }
                None => {
                    self.trail.mark(role.clone());
                    return refused_by(status);
                }
            }
        }
    }

    fn keep(&mut self, name: &str, value: String) {
        // What is cut from an answer may open a session; an address is told by its own parts.
        if value.len() >= 8 && Url::parse(&value).is_err() && !value.starts_with('/') {
            self.tape.learn([&Secret::new(format!("{name} of the recipe"), &value)]);
        }
        self.known.insert(name.to_owned(), value);
    }

    fn take(&self, taking: &Taking) -> Option<String> {
        let hop = self.trail.last();
        let whole = match &taking.from {
            Cut::Body => hop.response.text().into_owned(),
            Cut::Json(pointer) => match hop.response.json()?.pointer(pointer)? {
                Value::String(text) => text.clone(),
                other @ (Value::Number(_) | Value::Bool(_)) => other.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            },
            Cut::Css { selector, attribute } => of_element(&hop.response.text(), selector, attribute.as_deref())?,
            Cut::Header(name) if name == "location" => hop.response.location(&hop.url)?.to_string(),
            Cut::Header(name) => hop.response.header(name)?.to_owned(),
            Cut::Cookie(name) => self.jar.value(&hop.url, name)?,
        };
        match &taking.regex {
            None => Some(whole),
            Some(expression) => {
                let found = Regex::new(expression).ok()?.captures(&whole)?;
                Some(found.get(1).or(found.get(0))?.as_str().to_owned())
            }
        }
    }
}

fn of_element(page: &str, selector: &str, attribute: Option<&str>) -> Option<String> {
    let page = Html::parse_document(page);
    let element = page.select(&Selector::parse(selector).ok()?).next()?;
    let text = || element.text().collect::<Vec<_>>().join(" ").trim().to_owned();
    match attribute {
        Some(attribute) => element.attr(attribute).map(str::to_owned),
        None => Some(
            ["value", "content", "href", "action"].iter().find_map(|name| element.attr(name)).map_or_else(text, str::to_owned),
        ),
    }
}

/// An answer of 400 or more ends the walk.
fn refused_by(status: u16) -> Result<(), Box<End>> {
    match status {
        500.. => Err(Box::new(End::Crashed { status })),
        400.. => Err(Box::new(End::Refused { status })),
        _ => Ok(()),
    }
}

fn raw(content_type: &str, text: String) -> Body {
    Body::Raw { content_type: content_type.to_owned(), shown: Some(text.clone()), octets: text.into_bytes() }
}

/// An answer, for a reader.
fn seen(hop: &Hop) -> String {
    let kind = hop.response.media_type().unwrap_or_else(|| "no Content-Type".to_owned());
    format!("the answer to {} {} (status {}, {kind})", hop.method.as_str(), hop.url.path(), hop.status)
}
