//! `login.program` of the provider file: a program of the user's that logs in and decides.

use std::path::PathBuf;
use std::time::Duration;

use crate::provider::fault::Error;
use crate::provider::model::Source;
use crate::provider::reading::Fields;

/// A program that stands in for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLogin {
    /// The program and its arguments; a program with a slash in it is looked for beside the provider file.
    pub program: Vec<String>,
    /// The folder of the provider file, where the program starts.
    pub folder: Option<PathBuf>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Reads `login.program` and `login.timeout`.
pub(super) fn read(login: &Fields<'_>, source: &Source) -> Result<CommandLogin, Error> {
    let program = login.need("program", "the program that logs a user in, and its arguments: `program: [./login.sh]`")?;
    let words = program.texts()?;
    if words.is_empty() {
        return Err(program.bad_value("a program: `[./login.sh]`"));
    }
    let folder = match source {
        Source::File(path) => path.parent().map(PathBuf::from).filter(|folder| !folder.as_os_str().is_empty()),
        Source::Named(_) => None,
    };
    let timeout = login.get("timeout").map_or(Ok(Duration::from_secs(60)), |spot| super::seconds(spot))?;
    Ok(CommandLogin { program: words, folder, timeout })
}
