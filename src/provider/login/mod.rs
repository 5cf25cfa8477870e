//! `login:` of the provider file: how a user is made to approve.

mod command;
mod recipe;
mod session;
mod template;
mod webdriver;

use std::path::Path;
use std::time::Duration;

use super::fault::Error;
use super::model::Source;
use super::reading::{Fields, Spot};
use crate::protocol::Secret;
pub use command::CommandLogin;
pub use recipe::{Case, Cut, REDIRECT, Recipe, RecipeBody, RecipeRequest, RecipeStep, Taking};
pub use session::{GivenToken, Session, SessionCookie};
pub use template::{Known, Template};
pub use webdriver::{BrowserKind, WebDriver};

/// How a user is made to approve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The driver, with what it needs to know.
    pub driver: Driver,
}

/// The drivers of `login:`, the cheapest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Driver {
    /// Finds the forms of the provider's pages and fills them in.
    #[default]
    Form,
    /// Sends the requests that the file lists, with values cut from earlier answers.
    Recipe(Recipe),
    /// Operates the pages in a real browser.
    Webdriver(WebDriver),
    /// Runs a program that logs in and says where it was sent.
    Command(CommandLogin),
    /// Shows the address to somebody, and waits.
    Manual,
    /// Begins with what a session elsewhere has left, and operates pages as the form driver does.
    Session(Session),
}

/// The names of the drivers, as the file spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Form,
    Recipe,
    Webdriver,
    Command,
    Manual,
    Session,
}

impl Name {
    const ALL: [Self; 6] = [Self::Form, Self::Recipe, Self::Webdriver, Self::Command, Self::Manual, Self::Session];

    /// The keys beside `driver` that mean something to it.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Form | Self::Manual => &[],
            Self::Recipe => &["recipe"],
            Self::Webdriver => &["webdriver"],
            Self::Command => &["program", "timeout"],
            Self::Session => &["cookies", "refresh_tokens"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Recipe => "recipe",
            Self::Webdriver => "webdriver",
            Self::Command => "command",
            Self::Manual => "manual",
            Self::Session => "session",
        }
    }
}

impl Driver {
    /// The name that the provider file uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Form => Name::Form.name(),
            Self::Recipe(_) => Name::Recipe.name(),
            Self::Webdriver(_) => Name::Webdriver.name(),
            Self::Command(_) => Name::Command.name(),
            Self::Manual => Name::Manual.name(),
            Self::Session(_) => Name::Session.name(),
        }
    }

    /// How many scenarios it can serve side by side, where there is a bound.
    pub fn at_once(&self) -> Option<usize> {
        match self {
            Self::Form | Self::Recipe(_) | Self::Command(_) => None,
            Self::Webdriver(config) => Some(config.sessions),
            Self::Manual => Some(1),
            // Two who refresh with one token look like its owner and a thief.
            Self::Session(session) => (!session.refresh_tokens.is_empty()).then_some(1),
        }
    }

    /// Where there is a browser: whether it has a window, and where the evidence of its failures goes.
    pub fn look_at(&mut self, headed: bool, evidence: &Path) {
        match self {
            Self::Form | Self::Recipe(_) | Self::Command(_) | Self::Manual | Self::Session(_) => {}
            Self::Webdriver(config) => {
                config.headed = headed;
                config.evidence = Some(evidence.to_owned());
            }
        }
    }

    /// Whether every page comes over the wire: only then can a check look at pages, and send their forms otherwise than they mean.
    pub fn shows_pages(&self) -> bool {
        match self {
            Self::Form | Self::Session(_) => true,
            Self::Recipe(_) | Self::Webdriver(_) | Self::Command(_) | Self::Manual => false,
        }
    }

    /// What no output may show.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.session().into_iter().flat_map(Session::secrets)
    }

    /// What was begun elsewhere.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Session(session) => Some(session),
            Self::Form | Self::Recipe(_) | Self::Webdriver(_) | Self::Command(_) | Self::Manual => None,
        }
    }

    /// The key that would let a user log in, where nothing does so far.
    pub fn lacks_login(&self) -> Option<&'static str> {
        self.session().filter(|session| session.cookies.is_empty()).map(|_| "login.cookies")
    }
}

/// Reads `login:`.
pub(super) fn read(file: &Fields<'_>, source: &Source) -> Result<Login, Error> {
    const KEYS: [&str; 7] = ["driver", "recipe", "webdriver", "program", "timeout", "cookies", "refresh_tokens"];
    let Some(fields) = file.fields("login", &KEYS)? else { return Ok(Login::default()) };
    let driver = fields.get("driver").map_or(Ok(Name::Form), |spot| spot.one_of(&Name::ALL, Name::name))?;
    for one in Name::ALL.iter().filter(|one| **one != driver) {
        if let Some(spot) = one.keys().iter().find_map(|key| fields.get(key)) {
            let expected = format!("`driver: {}` beside it; it means nothing to the {} driver", one.name(), driver.name());
            return Err(spot.bad_value(&expected));
        }
    }
    Ok(Login {
        driver: match driver {
            Name::Form => Driver::Form,
            Name::Recipe => Driver::Recipe(recipe::read(fields.need("recipe", "the requests that log a user in")?)?),
            Name::Webdriver => Driver::Webdriver(webdriver::read(&fields)?),
            Name::Command => Driver::Command(command::read(&fields, source)?),
            Name::Manual => Driver::Manual,
            Name::Session => Driver::Session(session::read(&fields)?),
        },
    })
}

/// A time such as `30s` or `2m`.
fn seconds(spot: &Spot<'_>) -> Result<Duration, Error> {
    let text = spot.text()?;
    let (digits, unit) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 60),
        (None, None) => ("", 0),
    };
    match digits.parse::<u32>() {
        Ok(number @ 1..=3600) => Ok(Duration::from_secs(u64::from(number * unit))),
        Ok(_) | Err(_) => Err(spot.bad_value("a time such as 30s or 2m")),
    }
}
