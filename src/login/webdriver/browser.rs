//! One browser with a fresh profile, spoken to over WebDriver: pages seen and touched, cookies carried over, its network read.

use std::collections::BTreeMap;
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, NewSessionError};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::firefox::Firefox;
use super::network::Fact;
use super::program::Program;
use super::reaching::Reaching;
use super::{chromium, firefox};
use crate::login::form::Gesture;
use crate::protocol::{Body, Method, Request, Secret};
use crate::provider::{BrowserKind, WebDriver};
use crate::wire::{Cookie, Jar};

/// How long one command may take; a page that hangs is not waited for longer.
const LONGEST_COMMAND: Duration = Duration::from_secs(20);

/// How long a browser may take to open, and to close.
const LONGEST_OPENING: Duration = Duration::from_secs(60);
const LONGEST_CLOSING: Duration = Duration::from_secs(5);

/// How often the texts of a page are changed that became another in the meantime.
const TRIES: usize = 3;

/// The key under which WebDriver passes an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running browser. Dropping it ends the browser, and the driver with it where it was started here.
pub(super) struct Browser {
    client: Client,
    engine: Engine,
    // Declared after the client, so that it goes last.
    _program: Option<Program>,
}

/// Who tells of cookies and of the network, which the standard leaves out.
enum Engine {
    /// By commands of its driver.
    Chromium,
    /// By a connection of its own.
    Firefox(Box<Mutex<Firefox>>),
}

/// What the browser shows.
#[derive(Debug, Deserialize)]
pub(super) struct View {
    /// Where.
    pub url: Url,
    /// `document.readyState`
    pub state: String,
    /// When the document began: no two are the same.
    pub born: f64,
    /// The markup as a user sees it, controls numbered.
    pub seen: String,
    /// The markup as it stands.
    pub source: String,
    /// Whether scripts may still change it.
    pub scripted: bool,
    /// The controls that the file's selectors found.
    pub picked: BTreeMap<String, u32>,
    /// What a selector of the file is for that the browser cannot read.
    pub broken: Option<String>,
}

impl Browser {
    /// Opens a browser that reaches the provider so.
    pub async fn open(config: &WebDriver, reaching: &Reaching<'_>) -> Result<Self, String> {
        reaching.possible(config.browser)?;
        let program = match config.url {
            Some(_) => None,
            None => Some(Program::start(config.browser, config.program.as_deref()).await?),
        };
        let url = config.url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let url = url.or(program.as_ref().map(|program| program.url.clone())).unwrap_or_default();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let asked = match config.browser {
            BrowserKind::Chromium => chromium::capabilities(config.headed, reaching),
            BrowserKind::Firefox => firefox::capabilities(config.headed, reaching),
        };
        builder.capabilities(asked.as_object().cloned().unwrap_or_default());
        let connected = tokio::time::timeout(LONGEST_OPENING, builder.connect(&url)).await;
        let client = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => {
                let hint = if config.headed { "; a window needs a display, without one leave out --headed" } else { "" };
                return Err(format!("{} does not start at {url}: {}{hint}", config.browser.title(), reason(&error)));
            }
            Err(_) => return Err(format!("{} does not start within {LONGEST_OPENING:?}", config.browser.title())),
        };
        let engine = match config.browser {
            BrowserKind::Chromium => Ok(Engine::Chromium),
            BrowserKind::Firefox => listen(&client).await.map(|firefox| Engine::Firefox(Box::new(Mutex::new(firefox)))),
        };
        match engine {
            Ok(engine) => Ok(Self { client, engine, _program: program }),
            Err(why) => {
                let _ = tokio::time::timeout(LONGEST_CLOSING, client.close()).await;
                Err(why)
            }
        }
    }

    /// Goes where this request goes.
    pub async fn go(&self, request: &Request) -> Result<(), String> {
        let url = request.target();
        if request.method != Method::Post {
            return said(self.client.goto(url.as_str()).await).await;
        }
        said(self.client.goto("data:text/html,<title>flowproof</title><body>").await).await?;
        let entries: Vec<[&str; 2]> = match &request.body {
            Body::Form(form) => form.iter().map(|(name, value)| [name.as_str(), value.expose()]).collect(),
            Body::Empty | Body::Raw { .. } => Vec::new(),
        };
        let end = Instant::now() + LONGEST_COMMAND;
        while Instant::now() < end {
            // The empty page may not have come yet.
            if self.run(include_str!("send.js"), vec![json!(url.as_str()), json!(entries)]).await == Some(json!(true)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the request cannot be sent from a browser".to_owned())
    }

    /// What it shows now; none while it is between pages.
    pub async fn view(&self, selectors: &[(&'static str, String)]) -> Option<View> {
        let selectors: BTreeMap<&str, &str> = selectors.iter().map(|(role, css)| (*role, css.as_str())).collect();
        serde_json::from_value(self.run(include_str!("view.js"), vec![json!(selectors)]).await?).ok()
    }

    /// What happened to its documents since it was last asked.
    pub async fn facts(&self, password: &Secret) -> Vec<Fact> {
        match &self.engine {
            Engine::Chromium => {
                let log = self.command("se/log", json!({ "type": "performance" })).await;
                log.map(|entries| chromium::facts(&entries, password)).unwrap_or_default()
            }
            Engine::Firefox(firefox) => firefox.lock().await.facts(password).await,
        }
    }

    /// Does what a user does; none where there is no such control any more.
    pub async fn touch(&self, gesture: &Gesture) -> Option<()> {
        match gesture {
            Gesture::Type(mark, text) => {
                let element = self.element(*mark, "").await?;
                let _ = element.clear().await;
                element.send_keys(text.expose()).await.ok()
            }
            Gesture::Set(mark, on) => self.element(*mark, if *on { "on" } else { "off" }).await.map(|_| ()),
            Gesture::Press(mark) => {
                let element = self.element(*mark, "").await?;
                match element.click().await {
                    Ok(()) => Some(()),
                    // Something lies over it that no user would mind.
                    Err(_) => self.element(*mark, "press").await.map(|_| ()),
                }
            }
            Gesture::Enter(mark) => self.element(*mark, "").await?.send_keys("\u{E007}").await.ok(),
        }
    }

    async fn element(&self, mark: u32, wish: &str) -> Option<Element> {
        let found = self.run(include_str!("touch.js"), vec![json!(mark), json!(wish)]).await?;
        let id = found.get(ELEMENT)?.as_str()?.to_owned();
        Some(Element::from_element_id(self.client.clone(), ElementRef::from(id)))
    }

    /// Takes over the cookies of a jar.
    pub async fn take_cookies(&self, jar: &Jar) {
        match &self.engine {
            Engine::Chromium => {
                let cookies: Vec<Json> = jar.cookies().map(|cookie| chromium::cookie(&cookie)).collect();
                if !cookies.is_empty() {
                    self.devtools("Network.setCookies", json!({ "cookies": cookies })).await;
                }
            }
            Engine::Firefox(firefox) => {
                let mut firefox = firefox.lock().await;
                for cookie in jar.cookies() {
                    firefox.take(&cookie).await;
                }
            }
        }
    }

    /// A jar with its cookies.
    pub async fn jar(&self) -> Option<Jar> {
        let cookies: Vec<Cookie> = match &self.engine {
            Engine::Chromium => chromium::cookies(&self.devtools("Network.getAllCookies", json!({})).await?),
            Engine::Firefox(firefox) => firefox.lock().await.cookies().await?,
        };
        let mut jar = Jar::default();
        cookies.iter().for_each(|cookie| jar.put(cookie));
        Some(jar)
    }

    /// A picture of what it shows, as PNG, its texts changed by this mask; none of a page that changes faster than they can be.
    pub async fn screenshot(&self, mask: impl Fn(&str) -> String) -> Option<Vec<u8>> {
        for _ in 0..TRIES {
            let texts: Vec<String> = serde_json::from_value(self.run(include_str!("texts.js"), Vec::new()).await?).ok()?;
            let masked: Vec<Option<String>> = texts.iter().map(|text| Some(mask(text)).filter(|masked| masked != text)).collect();
            if masked.iter().all(Option::is_none)
                || self.run(include_str!("texts.js"), vec![json!(texts), json!(masked)]).await? == json!(true)
            {
                return tokio::time::timeout(LONGEST_COMMAND, self.client.screenshot()).await.ok()?.ok();
            }
        }
        None
    }

    /// Ends it in good order.
    pub async fn close(self) {
        let _ = tokio::time::timeout(LONGEST_CLOSING, self.client.close()).await;
    }

    async fn run(&self, script: &str, arguments: Vec<Json>) -> Option<Json> {
        let value = tokio::time::timeout(LONGEST_COMMAND, self.client.execute(script, arguments)).await.ok()?.ok()?;
        Some(value)
    }

    async fn devtools(&self, method: &str, params: Json) -> Option<Json> {
        self.command("goog/cdp/execute", json!({ "cmd": method, "params": params })).await
    }

    async fn command(&self, path: &'static str, body: Json) -> Option<Json> {
        tokio::time::timeout(LONGEST_COMMAND, self.client.issue_cmd(Beyond { path, body })).await.ok()?.ok()
    }
}

/// Why a browser does not start, in its driver's own words where it gave any.
fn reason(error: &NewSessionError) -> String {
    let words = match error {
        NewSessionError::NotW3C(said) => said["message"].as_str(),
        _ => None,
    };
    words.map_or_else(|| error.to_string(), str::to_owned)
}

/// Listens to the window of a Firefox that has just opened.
async fn listen(client: &Client) -> Result<Firefox, String> {
    let told = client.capabilities().and_then(|told| told.get("webSocketUrl")).and_then(Json::as_str);
    let socket = told.ok_or("the driver opens no BiDi connection: geckodriver 0.31 or later is needed")?.to_owned();
    let window = client.window().await.map_err(|error| format!("Firefox has no window: {error}"))?;
    Firefox::listen(&socket, String::from(window)).await
}

async fn said(outcome: Result<(), CmdError>) -> Result<(), String> {
    outcome.map_err(|error| format!("the browser cannot go there: {error}"))
}

/// A command of the driver's that the standard does not know.
#[derive(Debug)]
struct Beyond {
    path: &'static str,
    body: Json,
}

impl WebDriverCompatibleCommand for Beyond {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
