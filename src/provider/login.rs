//! `login:` of the provider file: how a user is made to approve.

use super::fault::Error;
use super::reading::{Fields, Spot};

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
}

/// The names of the drivers, as the file spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Form,
}

impl Name {
    const ALL: [Self; 1] = [Self::Form];

    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
        }
    }
}

impl Driver {
    /// The name that the provider file uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Form => Name::Form.name(),
        }
    }

    /// Whether every page comes over the wire: only then can a check look at pages, and send their forms otherwise than they mean.
    pub fn shows_pages(&self) -> bool {
        match self {
            Self::Form => true,
        }
    }
}

/// Drivers that the design names and that are not built yet.
const PLANNED: [&str; 4] = ["recipe", "webdriver", "command", "manual"];

/// Reads `login:`.
pub(super) fn read(file: &Fields<'_>) -> Result<Login, Error> {
    let Some(fields) = file.fields("login", &["driver"])? else { return Ok(Login::default()) };
    let Some(spot) = fields.get("driver") else { return Ok(Login::default()) };
    Ok(Login { driver: driver(spot)? })
}

fn driver(spot: &Spot<'_>) -> Result<Driver, Error> {
    let name = spot.text()?;
    if PLANNED.contains(&name.as_str()) {
        return Err(spot.bad_value(&format!("form; `{name}` is not built yet")));
    }
    Ok(match spot.one_of(&Name::ALL, Name::name)? {
        Name::Form => Driver::Form,
    })
}
