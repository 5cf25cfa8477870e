//! `login.webdriver` of the provider file: which browser, how long it may take, and where on its pages things are.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::provider::fault::Error;
use crate::provider::reading::{Fields, Spot};

/// A real browser, and what it needs to know of the provider's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebDriver {
    /// Which browser.
    pub browser: BrowserKind,
    /// The driver's program, where it is not the browser's usual one on the PATH.
    pub program: Option<PathBuf>,
    /// A driver that runs already.
    pub url: Option<Url>,
    /// How long one walk may take.
    pub timeout: Duration,
    /// How many browsers may run side by side.
    pub sessions: usize,
    /// CSS selectors by the names of [`SELECTORS`](Self::SELECTORS), for what is not found without.
    pub selectors: Vec<(&'static str, String)>,
    /// Whether the browser has a window to look at.
    pub headed: bool,
    /// Where screenshots and pages of failures are kept.
    pub evidence: Option<PathBuf>,
}

/// The browsers that can be driven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrowserKind {
    /// Chromium, and Chrome.
    #[default]
    Chromium,
    /// Firefox.
    Firefox,
}

impl BrowserKind {
    const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// The name that the provider file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The name that its makers use.
    pub fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        }
    }

    /// Its driver's program.
    pub fn driver(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
        }
    }

    /// Where its driver comes from.
    pub fn source(self) -> &'static str {
        match self {
            Self::Chromium => "Debian: chromium-driver",
            Self::Firefox => "`cargo install geckodriver`",
        }
    }
}

impl Default for WebDriver {
    fn default() -> Self {
        Self {
            browser: BrowserKind::default(),
            program: None,
            url: None,
            timeout: Duration::from_secs(45),
            sessions: 2,
            selectors: Vec::new(),
            headed: false,
            evidence: None,
        }
    }
}

impl WebDriver {
    /// What a selector can be given for.
    pub const SELECTORS: [&'static str; 7] = ["username", "password", "user_code", "submit", "next", "approve", "deny"];
}

const KEYS: [&str; 6] = ["browser", "program", "url", "timeout", "sessions", "selectors"];

/// Reads `login.webdriver`; everything in it may be left out.
pub(super) fn read(login: &Fields<'_>) -> Result<WebDriver, Error> {
    let standard = WebDriver::default();
    let Some(fields) = login.fields("webdriver", &KEYS)? else { return Ok(standard) };
    let url = fields.url("url")?;
    if let (Some(spot), true) = (fields.get("program"), url.is_some()) {
        return Err(spot.bad_value("no program beside `url`: a driver that runs already is not started"));
    }
    if let (Some(spot), Some("https")) = (fields.get("url"), url.as_ref().map(Url::scheme)) {
        return Err(spot.bad_value("an http URL: drivers and grids are spoken to without TLS"));
    }
    let mut selectors = Vec::new();
    if let Some(named) = fields.fields("selectors", &WebDriver::SELECTORS)? {
        for role in WebDriver::SELECTORS {
            selectors.extend(named.text(role)?.map(|selector| (role, selector)));
        }
    }
    Ok(WebDriver {
        browser: fields.get("browser").map_or(Ok(standard.browser), |spot| spot.one_of(&BrowserKind::ALL, BrowserKind::name))?,
        program: fields.text("program")?.map(PathBuf::from),
        url,
        timeout: fields.get("timeout").map_or(Ok(standard.timeout), |spot| super::seconds(spot))?,
        sessions: fields.get("sessions").map_or(Ok(standard.sessions), sessions)?,
        selectors,
        ..standard
    })
}

fn sessions(spot: &Spot<'_>) -> Result<usize, Error> {
    match spot.text()?.parse() {
        Ok(number @ 1..=64) => Ok(number),
        Ok(_) | Err(_) => Err(spot.bad_value("a number from 1 to 64, in quotes: \"2\"")),
    }
}
