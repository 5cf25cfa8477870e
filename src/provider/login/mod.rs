//! `login:` of the provider file: how a user is made to approve.

mod recipe;
mod template;
mod webdriver;

use std::path::Path;
use std::time::Duration;

use super::fault::Error;
use super::reading::{Fields, Spot};
pub use recipe::{Case, Cut, REDIRECT, Recipe, RecipeBody, RecipeRequest, RecipeStep, Taking};
pub use template::{Known, Template};
pub use webdriver::WebDriver;

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
}

/// The names of the drivers, as the file spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Form,
    Recipe,
    Webdriver,
}

impl Name {
    const ALL: [Self; 3] = [Self::Form, Self::Recipe, Self::Webdriver];

    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Recipe => "recipe",
            Self::Webdriver => "webdriver",
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
        }
    }

    /// How many scenarios it can serve side by side, where there is a bound.
    pub fn at_once(&self) -> Option<usize> {
        match self {
            Self::Form | Self::Recipe(_) => None,
            Self::Webdriver(config) => Some(config.sessions),
        }
    }

    /// Where there is a browser: whether it has a window, and where the evidence of its failures goes.
    pub fn look_at(&mut self, headed: bool, evidence: &Path) {
        match self {
            Self::Form | Self::Recipe(_) => {}
            Self::Webdriver(config) => {
                config.headed = headed;
                config.evidence = Some(evidence.to_owned());
            }
        }
    }

    /// Whether every page comes over the wire: only then can a check look at pages, and send their forms otherwise than they mean.
    pub fn shows_pages(&self) -> bool {
        match self {
            Self::Form => true,
            Self::Recipe(_) | Self::Webdriver(_) => false,
        }
    }
}

/// Drivers that the design names and that are not built yet.
const PLANNED: [&str; 2] = ["command", "manual"];

/// Reads `login:`.
pub(super) fn read(file: &Fields<'_>) -> Result<Login, Error> {
    let Some(fields) = file.fields("login", &["driver", "recipe", "webdriver"])? else { return Ok(Login::default()) };
    let driver = match fields.get("driver") {
        Some(spot) => name(spot)?,
        None => Name::Form,
    };
    for one in [Name::Recipe, Name::Webdriver] {
        if let (Some(spot), true) = (fields.get(one.name()), one != driver) {
            let expected = format!("`driver: {}` beside it; it means nothing to the {} driver", one.name(), driver.name());
            return Err(spot.bad_value(&expected));
        }
    }
    Ok(Login {
        driver: match driver {
            Name::Form => Driver::Form,
            Name::Recipe => Driver::Recipe(recipe::read(fields.need("recipe", "the requests that log a user in")?)?),
            Name::Webdriver => Driver::Webdriver(webdriver::read(&fields)?),
        },
    })
}

fn name(spot: &Spot<'_>) -> Result<Name, Error> {
    let name = spot.text()?;
    if PLANNED.contains(&name.as_str()) {
        return Err(spot.bad_value(&format!("form, recipe or webdriver; `{name}` is not built yet")));
    }
    spot.one_of(&Name::ALL, Name::name)
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
