//! The ladder: each errand is run by the driver that the provider file names.

use super::errand::Errand;
use super::sighting::Sighting;
use super::{command, manual, recipe, session, walk, webdriver};
use crate::provider::{Driver, Login};
use crate::wire::{Jar, Tape, Wire};

/// Runs the errand in this browser, and says what was seen.
///
/// A user who wants to deny, but is never asked, arrives at the redirect URI with a code: `asked_consent()` tells.
pub async fn run(wire: &Wire, tape: &Tape, jar: &mut Jar, login: &Login, errand: &Errand<'_>) -> Sighting {
    tape.learn(errand.user_code.into_iter().chain([errand.password]));
    let _turn = wire.login_turn().await;
    match &login.driver {
        Driver::Form => walk::walk(wire, tape, jar, errand).await,
        Driver::Webdriver(config) => webdriver::browse(wire, tape, jar, config, errand).await,
        Driver::Command(config) => command::call(wire, tape, jar, config, errand).await,
        Driver::Manual => manual::ask(wire, tape, jar, errand).await,
        Driver::Session(session) => session::resume(wire, tape, jar, session, errand).await,
        Driver::Recipe(recipe) => recipe::cook(wire, tape, jar, recipe, errand).await,
    }
}
