//! The command driver: a program of the user's logs in, decides, and prints where it was sent.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use url::{Position, Url};

use super::destination::{Territory, answer_of};
use super::errand::{Decision, Errand, Stop};
use super::group::Group;
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::protocol::{Method, Secret};
use crate::provider::CommandLogin;
use crate::wire::{Connect, Jar, Proxy, Tape, Wire};

/// What a program prints is shown up to so many characters.
const MOST_SHOWN: usize = 600;

/// Follows the errand over the wire to the first page that stands still, and lets the program begin anew from its start.
pub(super) async fn call(wire: &Wire, tape: &Tape, jar: &mut Jar, config: &CommandLogin, errand: &Errand<'_>) -> Sighting {
    let Sighting { hops, end } = walk::approach(wire, tape, jar, errand).await;
    let page = hops.last().map(|hop| (hop.role.clone(), hop.status));
    let Some((role, status)) = page.filter(|_| matches!(end, End::Finished)) else { return Sighting { hops, end } };
    let end = match errand.stop_at {
        Stop::Asked(_) if role == Role::ConsentPage => end,
        Stop::Asked(_) => stuck("the program decides, and cannot stop before it".to_owned()),
        Stop::RedirectUri(_) | Stop::Decision if errand.start.method == Method::Post => {
            stuck("a request by POST cannot be handed to a program".to_owned())
        }
        Stop::RedirectUri(_) | Stop::Decision => match run(wire.connect(), tape, config, errand).await {
            Ok(printed) => read(tape, errand, status, &printed),
            Err(why) => stuck(why),
        },
    };
    Sighting { hops, end }
}

fn stuck(why: String) -> End {
    End::Stuck { why }
}

/// Runs it to its end; what it printed, or why not.
async fn run(connect: &Connect, tape: &Tape, config: &CommandLogin, errand: &Errand<'_>) -> Result<String, String> {
    let name = config.program.join(" ");
    let (program, arguments) = config.program.split_first().ok_or("`login.program` is empty")?;
    let path = Path::new(program);
    let beside = program.contains('/') && path.is_relative();
    let path = match &config.folder {
        Some(folder) if beside => std::path::absolute(folder.join(path)).unwrap_or_else(|_| folder.join(path)),
        Some(_) | None => PathBuf::from(path),
    };
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(folder) = &config.folder {
        command.current_dir(folder);
    }
    let decision = match errand.decision {
        Decision::Approve => "approve",
        Decision::Deny => "deny",
    };
    let said = [
        ("FLOWPROOF_URL", errand.start.target().to_string()),
        ("FLOWPROOF_USERNAME", errand.username.to_owned()),
        ("FLOWPROOF_PASSWORD", errand.password.expose().to_owned()),
        ("FLOWPROOF_DECISION", decision.to_owned()),
        ("FLOWPROOF_USER_CODE", errand.user_code.map_or("", Secret::expose).to_owned()),
        ("FLOWPROOF_REDIRECT_URIS", errand.stop_at.uris().join(" ")),
    ];
    command.envs(said).envs(ways(connect));
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn().map_err(|error| format!("`{name}` of `login.program` cannot be started: {error}"))?;
    let mut group = Group::of(&child);
    let Ok(output) = tokio::time::timeout(config.timeout, child.wait_with_output()).await else {
        return Err(format!("`{name}` did not end within {:?}; `login.timeout` allows more", config.timeout));
    };
    group.is_gone();
    let output = output.map_err(|error| format!("`{name}` cannot be waited for: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(out.into_owned());
    }
    Err(format!("`{name}` ended with {}: {}", output.status, shown(tape, if err.trim().is_empty() { &out } else { &err })))
}

/// How the provider is reached, where its URL alone does not say it: `curl` has an option for each.
fn ways(connect: &Connect) -> Vec<(&'static str, String)> {
    let mut ways = Vec::new();
    ways.extend(connect.ca.as_ref().map(|(path, _)| ("FLOWPROOF_CA", path.display().to_string())));
    ways.extend(connect.insecure.then(|| ("FLOWPROOF_INSECURE", "1".to_owned())));
    let placed: Vec<String> = connect.resolve.iter().map(|one| format!("{}:{}:{}", one.host, one.port, one.to)).collect();
    ways.extend((!placed.is_empty()).then(|| ("FLOWPROOF_CONNECT_TO", placed.join(" "))));
    if let Some(proxies) = &connect.proxies {
        let of = |proxy: &Option<Proxy>| proxy.as_ref().map(Proxy::with_credentials);
        ways.extend(of(&proxies.http).map(|url| ("FLOWPROOF_HTTP_PROXY", url)));
        ways.extend(of(&proxies.https).map(|url| ("FLOWPROOF_HTTPS_PROXY", url)));
        ways.push(("FLOWPROOF_NO_PROXY", proxies.except.join(",")));
    }
    ways
}

/// The end that the program printed: the last line, a redirect.
fn read(tape: &Tape, errand: &Errand<'_>, status: u16, printed: &str) -> End {
    if errand.stop_at == Stop::Decision {
        return End::Finished;
    }
    let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let Ok(location) = Url::parse(line) else {
        return stuck(format!("the login program printed no URL as its last line, but: {}", shown(tape, printed)));
    };
    // What stands behind the path of such a page is nobody's business.
    let page = shown(tape, &location[..Position::AfterPath]);
    let (territory, answer) = (Territory::new(&errand.start.target(), errand.stop_at.uris()), answer_of(&location));
    let end = territory.end_at(tape, location, line.to_owned(), status, answer);
    end.unwrap_or_else(|| stuck(format!("the login program ended at a page of the provider's: {page}")))
}

fn shown(tape: &Tape, text: &str) -> String {
    let masked = tape.mask(text.trim());
    let short: String = masked.chars().filter(|c| !c.is_control() || *c == '\n').take(MOST_SHOWN).collect();
    if short.is_empty() { "(nothing)".to_owned() } else { short.replace('\n', " | ") }
}
