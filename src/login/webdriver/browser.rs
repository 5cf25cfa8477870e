//! One browser with a fresh profile, spoken to over WebDriver: pages seen and touched, cookies carried over, its network read.

use std::collections::BTreeMap;
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use url::Url;

use super::network::{self, Fact};
use super::program::Program;
use crate::login::form::Gesture;
use crate::protocol::{Body, Method, Request, Secret};
use crate::provider::WebDriver;
use crate::wire::{Cookie, Jar};

/// How long one command may take; a page that hangs is not waited for longer.
const LONGEST_COMMAND: Duration = Duration::from_secs(20);

/// The key under which WebDriver passes an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running browser. Dropping it ends the browser, and the driver with it where it was started here.
pub(super) struct Browser {
    client: Client,
    // Declared after the client, so that it goes last.
    _program: Option<Program>,
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
}

impl Browser {
    /// Opens a browser that reaches none of these hosts.
    pub async fn open(config: &WebDriver, unreachable: &[String]) -> Result<Self, String> {
        let program = match config.url {
            Some(_) => None,
            None => Some(Program::start(config.program.as_deref()).await?),
        };
        let url = config.url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let url = url.or(program.as_ref().map(|program| program.url.clone())).unwrap_or_default();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(config.headed, unreachable));
        let connected = tokio::time::timeout(Duration::from_secs(60), builder.connect(&url)).await;
        match connected {
            Ok(Ok(client)) => Ok(Self { client, _program: program }),
            Ok(Err(error)) => Err(format!("the browser does not start: {error}")),
            Err(_) => Err("the browser does not start within 60s".to_owned()),
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
        let sent = self.run(include_str!("send.js"), vec![json!(url.as_str()), json!(entries)]).await;
        sent.map(|_| ()).ok_or_else(|| "the request cannot be sent from a browser".to_owned())
    }

    /// What it shows now; none while it is between pages.
    pub async fn view(&self, selectors: &[(&'static str, String)]) -> Option<View> {
        let selectors: BTreeMap<&str, &str> = selectors.iter().map(|(role, css)| (*role, css.as_str())).collect();
        serde_json::from_value(self.run(include_str!("view.js"), vec![json!(selectors)]).await?).ok()
    }

    /// What happened to its documents since it was last asked.
    pub async fn facts(&self, password: &Secret) -> Vec<Fact> {
        let log = self.command("se/log", json!({ "type": "performance" })).await;
        log.map(|entries| network::facts(&entries, password)).unwrap_or_default()
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
        let cookies: Vec<Json> = jar.cookies().map(|cookie| told(&cookie)).collect();
        if !cookies.is_empty() {
            self.devtools("Network.setCookies", json!({ "cookies": cookies })).await;
        }
    }

    /// A jar with its cookies.
    pub async fn jar(&self) -> Option<Jar> {
        let cookies = self.devtools("Network.getAllCookies", json!({})).await?;
        let mut jar = Jar::default();
        for said in cookies["cookies"].as_array()? {
            let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
            let flag = |key: &str| said[key].as_bool().unwrap_or(false);
            let domain = text("domain");
            jar.put(&Cookie {
                host_only: !domain.starts_with('.'),
                name: text("name"),
                value: text("value"),
                path: text("path"),
                secure: flag("secure"),
                http_only: flag("httpOnly"),
                domain,
            });
        }
        Some(jar)
    }

    /// A picture of what it shows, as PNG.
    pub async fn screenshot(&self) -> Option<Vec<u8>> {
        tokio::time::timeout(LONGEST_COMMAND, self.client.screenshot()).await.ok()?.ok()
    }

    /// Ends it in good order.
    pub async fn close(self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), self.client.close()).await;
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

/// A cookie as the browser's own protocol puts it.
fn told(cookie: &Cookie) -> Json {
    let mut told = json!({
        "name": cookie.name,
        "value": cookie.value,
        "path": cookie.path,
        "secure": cookie.secure,
        "httpOnly": cookie.http_only,
    });
    if cookie.host_only {
        let scheme = if cookie.secure { "https" } else { "http" };
        told["url"] = json!(format!("{scheme}://{}{}", cookie.domain, cookie.path));
    } else {
        told["domain"] = json!(format!(".{}", cookie.domain.trim_start_matches('.')));
    }
    told
}

async fn said(outcome: Result<(), CmdError>) -> Result<(), String> {
    outcome.map_err(|error| format!("the browser cannot go there: {error}"))
}

fn capabilities(headed: bool, unreachable: &[String]) -> Capabilities {
    let mut arguments = vec![
        "--no-first-run".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-extensions".to_owned(),
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PasswordLeakDetection,Translate".to_owned(),
        "--disable-sync".to_owned(),
        "--window-size=1200,1000".to_owned(),
    ];
    arguments.extend((!headed).then(|| "--headless=new".to_owned()));
    arguments.extend(is_root().then(|| "--no-sandbox".to_owned()));
    let rules: Vec<String> = unreachable.iter().map(|host| format!("MAP {host} ~NOTFOUND")).collect();
    arguments.extend((!rules.is_empty()).then(|| format!("--host-resolver-rules={}", rules.join(","))));
    let said = json!({
        "browserName": "chrome",
        // A page that never finishes loading can be operated all the same.
        "pageLoadStrategy": "none",
        "unhandledPromptBehavior": "accept",
        "goog:loggingPrefs": { "performance": "ALL" },
        "goog:chromeOptions": {
            "args": arguments,
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
            "prefs": { "credentials_enable_service": false, "profile.password_manager_enabled": false },
        },
    });
    said.as_object().cloned().unwrap_or_default()
}

/// Chromium does not run in its sandbox for root.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
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
