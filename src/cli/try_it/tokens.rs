//! A token, taken apart for a reader: header, claims, signature.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use super::sheet::{INDENT, Sheet, minutes};
use crate::report::text::{Ink, plain};
use crate::walk::{Reading, Sign, Signature, TokenSeen};

/// The claims that are points in time (RFC 7519 section 4.1, OpenID Connect Core section 2).
const TIMES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

impl Sheet {
    /// What can be read in a token.
    pub(super) fn token(&self, token: &TokenSeen, out: &mut dyn Write) -> io::Result<()> {
        const INSIDE: usize = INDENT + 4;
        writeln!(out)?;
        let kind = match &token.reading {
            Reading::Jwt { .. } => "a JWT; its claims can be read by anyone".to_owned(),
            Reading::Encrypted => "an encrypted JWT; only its audience can read it".to_owned(),
            Reading::Opaque(length) => format!("{length} characters that mean something to the provider alone"),
        };
        let name = self.style.paint(Ink::Strong, token.name);
        writeln!(out, "{:INDENT$}{name}  {}", "", self.style.paint(Ink::Faint, plain(&kind)))?;
        if let Some(bare) = &token.bare {
            // Not broken, so that it can be copied.
            writeln!(out, "{:INSIDE$}{}", "", plain(bare))?;
        }
        let Reading::Jwt { header, claims, signature } = &token.reading else { return Ok(()) };
        let header: Vec<String> = header.iter().map(|(name, value)| format!("{name} {value}")).collect();
        self.style.labelled(out, INSIDE + 8, &format!("{:INSIDE$}header", ""), &header.join(", "))?;
        let claims: Vec<(String, String)> = claims.iter().map(|(name, value)| (name.clone(), self.dated(name, value))).collect();
        self.pairs(INSIDE, &claims, out)?;
        let (sign, says) = match signature {
            Signature::Right(says) => (Sign::Fine, format!("signed with {says}")),
            Signature::Wrong(says) => (Sign::Doubt, format!("wrong signature: {says}")),
            Signature::Unchecked(says) => (Sign::Note, format!("signature not checked: {says}")),
        };
        self.remark(INSIDE, sign, &says, out)
    }

    /// A point in time with how far off it is.
    fn dated(&self, name: &str, value: &str) -> String {
        let seconds = value.parse().ok().filter(|_| TIMES.contains(&name));
        let Some(time) = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))) else {
            return value.to_owned();
        };
        let now = (self.now)();
        // A claim holds whole seconds.
        let off = match time.duration_since(now) {
            Ok(ahead) => format!("in {}", minutes(ahead + Duration::from_millis(999))),
            Err(_) => match now.duration_since(time).map(|ago| ago.as_secs()) {
                Ok(0) => "now".to_owned(),
                Ok(ago) => format!("{} ago", minutes(Duration::from_secs(ago))),
                Err(_) => "now".to_owned(),
            },
        };
        format!("{value} ({off})")
    }
}
