//! What a provider's maintainer wants to read of one violation: the section, what was expected and what came, and how to see it again.
//!
//! ```text
//! # A code_verifier that does not match the code_challenge is refused
//!
//! [RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6) says that this must hold. The provider breaks it: it took what it should have refused.
//! ```

use std::io::{self, Write};

use super::markdown::{block, text};
use super::terminal::exchange;
use super::text::Style;
use crate::protocol::{Answer, Endpoint, Exchange, Replay};
use crate::verdict::{ClientSeen, Finding, Level, Run};

/// How many commands are shown: the last ones up to the answer that was judged.
const COMMANDS_SHOWN: usize = 24;

/// Members of metadata and headers of answers in which providers tell what they are.
const VERSION_HEADERS: [&str; 4] = ["server", "x-powered-by", "x-version", "via"];
const VERSION_MEMBERS: [&str; 4] = ["version", "server_version", "software_version", "software_id"];

/// Renders the report of one finding; `again` is the flowproof command that shows it once more.
///
/// # Errors
/// `out` cannot be written.
pub fn render(finding: &Finding, run: &Run, again: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", text(&finding.rule))?;
    let sections: Vec<String> =
        finding.sections.iter().map(|section| format!("[{}]({})", text(&section.to_string()), section.link())).collect();
    let (verb, obliges) = match (sections.len(), finding.level) {
        (0 | 1, Level::Must) => ("says", "must hold"),
        (0 | 1, Level::Should) => ("says", "should hold"),
        (0 | 1, Level::May) => ("says", "may hold"),
        (_, Level::Must) => ("say", "must hold"),
        (_, Level::Should) => ("say", "should hold"),
        (_, Level::May) => ("say", "may hold"),
    };
    let meaning = finding.violation.as_ref().map(|violation| format!(": {}", violation.kind.meaning())).unwrap_or_default();
    writeln!(out, "{} {verb} that this {obliges}. The provider breaks it{meaning}.\n", sections.join(" and "))?;

    if let Some(violation) = &finding.violation {
        writeln!(out, "- **expected** {}", text(&violation.expected))?;
        writeln!(out, "- **got** {}", text(&violation.got))?;
        writeln!(out, "- **where** the {}", violation.endpoint.name())?;
    }
    if let Some(cause) = run.shared_cause(finding) {
        writeln!(out, "- **shows as well** in {}: {}", text(&cause.others(&finding.id)), text(&cause.describe()))?;
    }
    if let Some(ClientSeen { role, auth }) = &finding.client {
        writeln!(out, "- **for this client** {}, registered for {}", text(role), text(auth))?;
    }
    writeln!(out, "- **provider** {}", text(finding.issuer.as_deref().unwrap_or("not known")))?;
    for way in &run.connection {
        writeln!(out, "- **reached** so: {}", text(way))?;
    }
    for said in told_by_the_provider(finding) {
        writeln!(out, "- **it says of itself** {}", text(&said))?;
    }
    let by = format!("flowproof {}, profile {}, check {}", run.flowproof, run.policy.profile.name(), finding.id);
    writeln!(out, "- **found** {} by {}", text(&run.started), text(&by))?;
    if let Some(link) = finding.known.as_ref().and_then(|known| known.link.as_deref()) {
        writeln!(out, "- **known as** {}", text(link))?;
    }

    writeln!(out, "\n## What was done\n")?;
    writeln!(out, "{}:\n", text(&finding.title))?;
    let judged = finding.violation.as_ref().map(|violation| violation.step.as_str());
    for step in &finding.steps {
        match judged == Some(step.text.as_str()) {
            true => writeln!(out, "- **{}**: this does not hold", text(&step.text))?,
            false => writeln!(out, "- {}", text(&step.text))?,
        }
    }
    if finding.steps.is_empty() {
        writeln!(out, "- {}", text(judged.unwrap_or("no step was played")))?;
    }

    if let Some(at) = finding.judged() {
        writeln!(out, "\n## The exchange\n")?;
        writeln!(out, "Secrets are replaced by their names.\n")?;
        let mut shown = Vec::new();
        exchange::whole(&finding.exchanges[at], 0, &Style { color: false, width: 120 }, &mut shown)?;
        out.write_all(block("", &String::from_utf8_lossy(&shown)).as_bytes())?;
        by_hand(finding, at, out)?;
    }

    writeln!(out, "\n## Again with flowproof\n")?;
    out.write_all(block("sh", again).as_bytes())
}

fn by_hand(finding: &Finding, judged: usize, out: &mut dyn Write) -> io::Result<()> {
    let replay = Replay::of(&finding.exchanges);
    // Nobody repeats by hand what a browser does better; and its pages are other ones the next time.
    let is_page = |at: &usize| finding.exchanges[*at].endpoint == Endpoint::Page && *at != judged;
    let commands: Vec<usize> = (0..=judged).filter(|at| !is_page(at)).collect();
    let first = commands[commands.len().saturating_sub(COMMANDS_SHOWN)];
    let first = if commands.len() > COMMANDS_SHOWN { first } else { 0 };
    writeln!(out, "\n## Again by hand\n")?;
    match (judged, first) {
        (0, _) => writeln!(out, "Its answer is the wrong one.\n")?,
        (_, 0) => writeln!(out, "These are the requests of the check in order; the last answer is the wrong one.\n")?,
        _ => writeln!(out, "These are the last of its {} requests; the last answer is the wrong one.\n", judged + 1)?,
    }
    let lines: Vec<String> = commands.iter().filter(|at| **at >= first).map(|at| replay.commands[*at].line()).collect();
    let mut script = String::new();
    for variable in &replay.variables {
        let reference = format!("${{{}}}", variable.name);
        if lines.iter().any(|line| line.contains(&reference)) {
            script.push_str(&format!("{}=…  # {variable}\n", variable.name));
        }
    }
    let mut steps = finding.steps.iter().peekable();
    let mut at = first;
    while at <= judged {
        let mut step = None;
        while let Some(next) = steps.next_if(|step| step.began <= at) {
            step = Some(next);
        }
        script.push('\n');
        if let Some(step) = step {
            script.push_str(&format!("# {}\n", step.text.replace('\n', " ")));
        }
        let until = (at..=judged).take_while(is_page).last();
        match until {
            Some(until) => {
                let range = if until == at { format!("{}", at + 1) } else { format!("{} to {}", at + 1, until + 1) };
                script.push_str(&format!(
                    "# {range}: the provider's pages, where the user logs in and decides; a browser does it\n"
                ));
                at = until + 1;
            }
            None => {
                script.push_str(&format!("# {}\n{}\n", at + 1, replay.commands[at]));
                at += 1;
            }
        }
    }
    out.write_all(block("sh", script.trim_start()).as_bytes())
}

/// What the provider's answers say of its make and version, each once.
fn told_by_the_provider(finding: &Finding) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for Exchange { answer, .. } in &finding.exchanges {
        let Answer::Response { headers, body, .. } = answer else { continue };
        let lines = headers.iter().filter(|(name, _)| VERSION_HEADERS.contains(&name.as_str()));
        let mut found: Vec<String> = lines.map(|(name, value)| format!("{name}: {value}")).collect();
        if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(body)
            && members.contains_key("issuer")
        {
            let versions = VERSION_MEMBERS.iter().filter_map(|name| Some((name, members.get(*name)?.as_str()?)));
            found.extend(versions.map(|(name, value)| format!("{name} {value}, in its metadata")));
        }
        for one in found {
            if !said.contains(&one) {
                said.push(one);
            }
        }
    }
    said
}

/// The name of the file of a check's report.
pub fn file_name(check: &str) -> String {
    let name: String = check.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect();
    format!("bug-report-{name}.md")
}

/// The command that plays one check again.
pub fn command(provider: Option<&str>, defects: &[String], check: &str) -> String {
    let target = match provider {
        Some(file) => format!(" --provider {}", quoted(file)),
        None => defects.iter().map(|defect| format!(" --defect {defect}")).collect(),
    };
    format!("flowproof check{target} --id {check} --trace")
}

fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_check_and_a_path_is_quoted() {
        assert_eq!(file_name("pkce/mismatch-another"), "bug-report-pkce-mismatch-another.md");
        assert_eq!(
            command(Some("my provider.yaml"), &[], "a/b"),
            "flowproof check --provider 'my provider.yaml' --id a/b --trace"
        );
    }
}
