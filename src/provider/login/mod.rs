//! `login:` of the provider file: how a user is made to approve.

mod recipe;
mod template;

use super::fault::Error;
use super::reading::{Fields, Spot};
pub use recipe::{Case, Cut, REDIRECT, Recipe, RecipeBody, RecipeRequest, RecipeStep, Taking};
pub use template::{Known, Template};

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
}

/// The names of the drivers, as the file spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Form,
    Recipe,
}

impl Name {
    const ALL: [Self; 2] = [Self::Form, Self::Recipe];

    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Recipe => "recipe",
        }
    }
}

impl Driver {
    /// The name that the provider file uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Form => Name::Form.name(),
            Self::Recipe(_) => Name::Recipe.name(),
        }
    }

    /// Whether every page comes over the wire: only then can a check look at pages, and send their forms otherwise than they mean.
    pub fn shows_pages(&self) -> bool {
        match self {
            Self::Form => true,
            Self::Recipe(_) => false,
        }
    }
}

/// Drivers that the design names and that are not built yet.
const PLANNED: [&str; 3] = ["webdriver", "command", "manual"];

/// Reads `login:`.
pub(super) fn read(file: &Fields<'_>) -> Result<Login, Error> {
    let Some(fields) = file.fields("login", &["driver", "recipe"])? else { return Ok(Login::default()) };
    let driver = match fields.get("driver") {
        Some(spot) => name(spot)?,
        None => Name::Form,
    };
    if let (Some(spot), Name::Form) = (fields.get("recipe"), driver) {
        return Err(spot.bad_value("`driver: recipe` beside it; the form driver has no recipe"));
    }
    Ok(Login {
        driver: match driver {
            Name::Form => Driver::Form,
            Name::Recipe => Driver::Recipe(recipe::read(fields.need("recipe", "the requests that log a user in")?)?),
        },
    })
}

fn name(spot: &Spot<'_>) -> Result<Name, Error> {
    let name = spot.text()?;
    if PLANNED.contains(&name.as_str()) {
        return Err(spot.bad_value(&format!("form or recipe; `{name}` is not built yet")));
    }
    spot.one_of(&Name::ALL, Name::name)
}
