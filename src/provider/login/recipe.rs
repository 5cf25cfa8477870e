//! `login.recipe`: how a user logs in where no form can be filled in, as requests with values cut from the answers before.
//!
//! ```yaml
//! login:
//!   driver: recipe
//!   recipe:
//!     login:                    # from the authorization request, which is sent first, to the redirect or to the question
//!       - post: "/realms/shop/login?client_id={start.client_id}"
//!         json: { username: "{username}", password: "{password}" }
//!         take: { ticket: { json: /ticket, optional: true } }
//!     consent:                  # what follows where the user approves …
//!       - post: /consent
//!         form: { ticket: "{ticket}", answer: "yes" }
//!     denial: []                # … and where the user denies
//!     device: []                # from the verification page to the decision: approval
//!     device_denial: []         # and denial
//! ```
//!
//! A redirect to the client, by `Location` or by a member of a JSON answer such as `url`, ends the recipe wherever it comes.

use scraper::Selector;

use super::template::{JsonTemplate, NoTemplate, Template, is_name};
use crate::protocol::Method;
use crate::provider::fault::Error;
use crate::provider::reading::{Fields, Spot};

/// The recipes of a provider, each a list of steps; one that is not given is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// From the authorization request to the redirect, or to the question.
    pub login: Vec<RecipeStep>,
    /// From the question to the redirect, by a user who approves.
    pub consent: Vec<RecipeStep>,
    /// From the question to the redirect, by a user who denies.
    pub denial: Vec<RecipeStep>,
    /// From the verification page to a device that is let in.
    pub device: Vec<RecipeStep>,
    /// From the verification page to a device that is not.
    pub device_denial: Vec<RecipeStep>,
}

/// One step: a request, or a second look at the answer before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeStep {
    /// What is asked; nothing where the step only reads the answer before.
    pub request: Option<RecipeRequest>,
    /// Whether redirects of the answer are followed, as far as they stay with the provider.
    pub follow: bool,
    /// The statuses that are right; any of 2xx and 3xx where none is named.
    pub expect: Vec<u16>,
    /// The step is for this case only.
    pub only: Option<Case>,
    /// What is taken from the answer, in order.
    pub take: Vec<Taking>,
    /// Whether the walk ends here, as one that the provider has refused by a page.
    pub refused: bool,
}

/// A request of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeRequest {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// Absolute, or relative to the first request of the walk.
    pub url: Template,
    /// Headers beside those of any page.
    pub headers: Vec<(String, Template)>,
    /// The body.
    pub body: RecipeBody,
}

/// The body of a step's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipeBody {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, Template)>),
    /// `application/json`
    Json(JsonTemplate),
}

/// When a step is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// If this was taken.
    Taken(String),
    /// If it was not.
    NotTaken(String),
}

/// A value that is taken from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The name it goes by from then on. One that is named `redirect` is where the user goes next.
    pub name: String,
    /// Where it stands.
    pub from: Cut,
    /// The first group of this expression in it, or all that it matches.
    pub regex: Option<String>,
    /// Whether the recipe goes on without it.
    pub optional: bool,
}

/// Where in an answer a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The whole body.
    Body,
    /// A string, number or flag of a JSON body (RFC 6901).
    Json(String),
    /// The first element that this CSS selector finds.
    Css {
        /// The selector.
        selector: String,
        /// The attribute; where none is named, `value`, `content`, `href` or `action`, else the text.
        attribute: Option<String>,
    },
    /// A header, `location` resolved.
    Header(String),
    /// A cookie that the browser holds for the URL of the answer.
    Cookie(String),
}

/// The name of a value that says where the user goes next.
pub const REDIRECT: &str = "redirect";

/// What every recipe knows from the start, beside `start.` and the name of a parameter of the first request.
const KNOWN: [&str; 5] = ["start", "username", "password", "decision", "user_code"];

const VERBS: [(&str, Method); 5] =
    [("get", Method::Get), ("post", Method::Post), ("put", Method::Put), ("patch", Method::Patch), ("delete", Method::Delete)];

const STEP_KEYS: [&str; 14] =
    ["get", "post", "put", "patch", "delete", "headers", "json", "form", "follow", "expect", "if", "unless", "take", "refused"];

/// Reads `login.recipe`.
pub(super) fn read(spot: &Spot<'_>) -> Result<Recipe, Error> {
    let fields = spot.fields(&["login", "consent", "denial", "device", "device_denial"])?;
    let mut known: Vec<String> = KNOWN.map(str::to_owned).into();
    let login = steps(&fields, "login", &mut known)?;
    if login.is_empty() && fields.items("device")?.is_empty() {
        return Err(fields.missing("login", "what to send after the authorization request"));
    }
    // What the login took, the answer to the question may use.
    let consent = steps(&fields, "consent", &mut known.clone())?;
    let denial = steps(&fields, "denial", &mut known)?;
    let mut known: Vec<String> = KNOWN.map(str::to_owned).into();
    let device = steps(&fields, "device", &mut known.clone())?;
    Ok(Recipe { login, consent, denial, device, device_denial: steps(&fields, "device_denial", &mut known)? })
}

fn steps(fields: &Fields<'_>, name: &str, known: &mut Vec<String>) -> Result<Vec<RecipeStep>, Error> {
    fields.items(name)?.iter().map(|spot| step(spot, known)).collect()
}

fn step(spot: &Spot<'_>, known: &mut Vec<String>) -> Result<RecipeStep, Error> {
    let fields = spot.fields(&STEP_KEYS)?;
    let only = match (fields.get("if"), fields.get("unless")) {
        (Some(_), Some(both)) => return Err(both.bad_value("`if` or `unless`, not both")),
        (Some(taken), None) => Some(Case::Taken(name_of(taken, known)?)),
        (None, Some(not)) => Some(Case::NotTaken(name_of(not, known)?)),
        (None, None) => None,
    };
    let mut verbs = VERBS.iter().filter_map(|(name, method)| Some((fields.get(name)?, *method)));
    let request = verbs.next().map(|(url, method)| request(&fields, url, method, known)).transpose()?;
    if let Some((second, _)) = verbs.next() {
        return Err(second.bad_value("one request for each step; begin another with `-`"));
    }
    if request.is_none()
        && let Some(stray) = ["headers", "json", "form", "follow", "expect"].iter().find_map(|key| fields.get(key))
    {
        return Err(stray.bad_value("a request to go with: `get`, `post`, `put`, `patch` or `delete` in the same step"));
    }
    let expect = match fields.get("expect") {
        None => Vec::new(),
        Some(spot) if spot.is_list() => spot.items()?.iter().map(status).collect::<Result<_, _>>()?,
        Some(spot) => vec![status(spot)?],
    };
    let mut take = Vec::new();
    for (name, spot) in fields.entries("take")? {
        if !is_name(&name) || name.contains('.') || KNOWN.contains(&name.as_str()) {
            return Err(spot.bad_value(&format!("a name of its own in lower case; these are taken: {}", KNOWN.join(", "))));
        }
        take.push(taking(&name, &spot)?);
        known.push(name);
    }
    let flag = |name| fields.get(name).map_or(Ok(false), Spot::flag);
    Ok(RecipeStep { request, follow: flag("follow")?, expect, only, take, refused: flag("refused")? })
}

fn status(spot: &Spot<'_>) -> Result<u16, Error> {
    Ok(u16::try_from(spot.number(100, 599)?).expect("a status is small"))
}

fn name_of(spot: &Spot<'_>, known: &[String]) -> Result<String, Error> {
    let name = spot.text()?;
    is_known(&name, known).then_some(name).ok_or_else(|| unknown(spot, known))
}

fn is_known(name: &str, known: &[String]) -> bool {
    name.starts_with("start.") || known.iter().any(|one| one == name)
}

fn unknown(spot: &Spot<'_>, known: &[String]) -> Error {
    spot.bad_value(&format!("a name that is known here: {}, or start.PARAMETER of the first request", known.join(", ")))
}

fn template(spot: &Spot<'_>, known: &[String]) -> Result<Template, Error> {
    let template = Template::parse(&spot.text()?).map_err(|error| match error {
        NoTemplate::LonelyBrace => spot.bad_value("each { with its }; {{ and }} stand for the braces themselves"),
        NoTemplate::NoName => spot.bad_value("a name between { and }; {{ and }} stand for the braces themselves"),
    })?;
    if template.names().all(|name| is_known(name, known)) { Ok(template) } else { Err(unknown(spot, known)) }
}

fn templates(fields: &Fields<'_>, key: &str, known: &[String]) -> Result<Vec<(String, Template)>, Error> {
    fields.entries(key)?.iter().map(|(name, spot)| Ok((name.clone(), template(spot, known)?))).collect()
}

fn request(fields: &Fields<'_>, url: &Spot<'_>, method: Method, known: &[String]) -> Result<RecipeRequest, Error> {
    let body = match (fields.get("json"), fields.get("form")) {
        (Some(_), Some(both)) => return Err(both.bad_value("`json` or `form`, not both")),
        (Some(json), None) => RecipeBody::Json(json.json(
            &|spot| Ok(JsonTemplate::Text(template(spot, known)?)),
            &JsonTemplate::List,
            &JsonTemplate::Map,
            &JsonTemplate::Plain,
        )?),
        (None, Some(_)) => RecipeBody::Form(templates(fields, "form", known)?),
        (None, None) => RecipeBody::Empty,
    };
    Ok(RecipeRequest { method, url: template(url, known)?, headers: templates(fields, "headers", known)?, body })
}

const CUT_KEYS: [&str; 7] = ["json", "css", "attribute", "header", "cookie", "regex", "optional"];

fn taking(name: &str, spot: &Spot<'_>) -> Result<Taking, Error> {
    let fields = spot.fields(&CUT_KEYS)?;
    let sources: Vec<&Spot<'_>> = ["json", "css", "header", "cookie"].iter().filter_map(|key| fields.get(key)).collect();
    if let [_, second, ..] = sources[..] {
        return Err(second.bad_value("one of json, css, header and cookie"));
    }
    let attribute = fields.text("attribute")?;
    if let (Some(spot), None) = (fields.get("attribute"), fields.get("css")) {
        return Err(spot.bad_value("a css selector to go with"));
    }
    let from = if let Some(spot) = fields.get("json") {
        let pointer = spot.text()?;
        if !pointer.starts_with('/') {
            return Err(spot.bad_value("a JSON pointer such as /url or /data/0/id (RFC 6901)"));
        }
        Cut::Json(pointer)
    } else if let Some(spot) = fields.get("css") {
        let selector = spot.text()?;
        if Selector::parse(&selector).is_err() {
            return Err(spot.bad_value("a CSS selector such as input[name=csrf]"));
        }
        Cut::Css { selector, attribute }
    } else if let Some(spot) = fields.get("header") {
        Cut::Header(spot.text()?.to_ascii_lowercase())
    } else if let Some(spot) = fields.get("cookie") {
        Cut::Cookie(spot.text()?)
    } else {
        Cut::Body
    };
    let regex = fields.text("regex")?;
    if let (Some(spot), Some(expression)) = (fields.get("regex"), &regex)
        && let Err(error) = regex::Regex::new(expression)
    {
        let last = error.to_string().lines().last().unwrap_or_default().to_owned();
        return Err(spot.bad_value(&format!("a regular expression; {}", last.trim_start_matches("error: "))));
    }
    if from == Cut::Body && regex.is_none() {
        return Err(spot.bad_value("where it stands: json, css, header or cookie; or a regex for the whole body"));
    }
    Ok(Taking { name: name.to_owned(), from, regex, optional: fields.get("optional").map_or(Ok(false), Spot::flag)? })
}
