//! The grammar of tags: level, section, requirement, id, defect, need, wait.

use std::time::Duration;

use crate::provider::Need;
use crate::verdict::{Level, Profile, Section};

/// Everything that the tags of a scenario, its Rule and its Feature say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Every tag as it is written, without its `@`.
    pub written: Vec<String>,
    /// `@must`, `@should:oauth-2.1` …: the level, for all profiles or for one.
    pub levels: Vec<(Level, Option<Profile>)>,
    /// `@RFC7636-4.6`
    pub sections: Vec<Section>,
    /// `@req:pkce-verifier-mismatch-rejected`
    pub requirements: Vec<String>,
    /// `@id:another-code-verifier`
    pub id: Option<String>,
    /// `@catches:ignores-code-verifier`
    pub catches: Vec<String>,
    /// `@needs:introspection`
    pub needs: Vec<Need>,
    /// `@waits:10m`: how long the check waits where no clock can be moved.
    pub waits: Option<Duration>,
    /// `@shares-session`: its user is logged in already, by a check before it.
    pub shares_session: bool,
    /// `@own-realm`: moves time, floods or locks; gets a realm of its own where the provider offers them.
    pub own_realm: bool,
    /// `@intrusive`: floods, guesses or may lock an account by what it says beside its phrases.
    pub intrusive: bool,
}

impl Tags {
    /// Adds one tag, without its `@`; the error says what is wrong with it.
    pub fn add(&mut self, tag: &str) -> Result<(), String> {
        let (head, value) = match tag.split_once(':') {
            Some((head, value)) => (head, Some(value)),
            None => (tag, None),
        };
        match (head, value) {
            ("must", profile) => self.levels.push((Level::Must, profile.map(profile_named).transpose()?)),
            ("should", profile) => self.levels.push((Level::Should, profile.map(profile_named).transpose()?)),
            ("may", profile) => self.levels.push((Level::May, profile.map(profile_named).transpose()?)),
            ("req", Some(entry)) => self.requirements.push(entry.to_owned()),
            ("id", Some(slug)) if is_slug(slug) => self.id = Some(slug.to_owned()),
            ("id", Some(slug)) => return Err(format!("@id:{slug}: an id is of lower-case letters, digits and dashes")),
            ("catches", Some(defect)) => self.catches.push(defect.to_owned()),
            ("needs", Some(word)) => {
                self.needs.push(Need::from_name(word).ok_or_else(|| format!("@needs:{word}: no such need"))?)
            }
            ("waits", Some(text)) => {
                self.waits = Some(duration(text).ok_or_else(|| format!("@waits:{text}: write 5s, 10m or 1h"))?)
            }
            ("shares-session", None) => self.shares_session = true,
            ("own-realm", None) => self.own_realm = true,
            ("intrusive", None) => self.intrusive = true,
            (_, None) => self.sections.push(section(tag).ok_or_else(|| format!("@{tag}: no such tag"))?),
            (_, Some(_)) => return Err(format!("@{tag}: no such tag")),
        }
        self.written.push(tag.to_owned());
        Ok(())
    }

    /// The level under a profile; none where the requirement belongs to another profile.
    pub fn level(&self, profile: Profile) -> Option<Level> {
        let given = |wanted: Option<Profile>| self.levels.iter().find(|(_, of)| *of == wanted).map(|(level, _)| *level);
        given(Some(profile)).or_else(|| given(None))
    }
}

fn profile_named(name: &str) -> Result<Profile, String> {
    [Profile::OAuth20, Profile::OAuth21]
        .into_iter()
        .find(|profile| profile.name() == name)
        .ok_or_else(|| format!("no such profile: {name}"))
}

/// Whether a text is fit to be part of an id.
pub(super) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-')
}

fn section(tag: &str) -> Option<Section> {
    let at = tag.rfind('-')?;
    let (document, number) = (&tag[..at], &tag[at + 1..]);
    let known =
        document.strip_prefix("RFC").is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
            || document.starts_with("draft-");
    let numbered = number.split('.').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
        || (number.len() == 1 && number.as_bytes()[0].is_ascii_uppercase());
    (known && numbered).then(|| Section { document: document.to_owned(), number: number.to_owned() })
}

/// A duration as tags write it: `5s`, `10m`, `1h`.
fn duration(text: &str) -> Option<Duration> {
    let (digits, seconds) =
        [("s", 1), ("m", 60), ("h", 3600)].into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tags: &[&str]) -> Result<Tags, String> {
        let mut read = Tags::default();
        for tag in tags {
            read.add(tag)?;
        }
        Ok(read)
    }

    #[test]
    fn a_level_may_differ_by_profile() {
        let tags = read(&["may", "must:oauth-2.1"]).expect("both are tags");
        assert_eq!(tags.level(Profile::OAuth20), Some(Level::May));
        assert_eq!(tags.level(Profile::OAuth21), Some(Level::Must));
        assert_eq!(read(&["must:oauth-2.1"]).expect("a tag").level(Profile::OAuth20), None);
    }

    #[test]
    fn sections_of_rfcs_and_of_drafts_are_read() {
        let tags = read(&["RFC7636-4.6", "draft-ietf-oauth-v2-1-3.2", "RFC6749-B"]).expect("three sections");
        let shown: Vec<String> = tags.sections.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["RFC 7636 section 4.6", "draft-ietf-oauth-v2-1 section 3.2", "RFC 6749 section B"]);
    }

    #[test]
    fn a_tag_that_nothing_knows_is_refused() {
        for tag in ["musst", "needs:no-such-need", "id:Upper", "waits:soon", "waits:5µ", "waits:", "RFC-1", "must:oauth-3"] {
            assert!(read(&[tag]).is_err(), "{tag}");
        }
    }
}
