//! Which checks a run plays: filters by tag and id.

use std::sync::Arc;

use super::catalog::{Catalog, Check};

/// What a tag may be, for whoever wrote one that no check has.
const TAGS: &str = "a tag is a level (must, must:oauth-2.1), a document or a section of it (RFC7636, RFC7636-4.6), a requirement, \
                    a defect (catches:NAME), a need (needs:NAME), own-realm, intrusive, waits (waits:6s), or a feature (pkce)";

/// Filters; no filter selects every check. Filters of one sort are alternatives, tag and id both have to hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Whatever stands as a tag, with or without its `@`; a document, requirement, level or wait by itself; a need, be it that a step
    /// says it; a feature's name.
    pub tags: Vec<String>,
    /// Ids, or the beginning of ids up to a slash or dash.
    pub ids: Vec<String>,
}

impl Selection {
    /// The checks that every filter lets through; a filter that matches nothing is named in the error.
    pub fn choose(&self, catalog: &Catalog) -> Result<Vec<Arc<Check>>, String> {
        for tag in &self.tags {
            if !catalog.checks().iter().any(|check| has_tag(check, tag)) {
                return Err(format!("no check has the tag {tag}; {TAGS}"));
            }
        }
        for id in &self.ids {
            if !catalog.checks().iter().any(|check| has_id(check, id)) {
                return Err(format!("no check has the id {id}; --list shows every id"));
            }
        }
        let chosen: Vec<_> = catalog.checks().iter().filter(|check| self.lets_through(check)).cloned().collect();
        if chosen.is_empty() { Err("no check satisfies both --tag and --id".to_owned()) } else { Ok(chosen) }
    }

    fn lets_through(&self, check: &Check) -> bool {
        (self.tags.is_empty() || self.tags.iter().any(|tag| has_tag(check, tag)))
            && (self.ids.is_empty() || self.ids.iter().any(|id| has_id(check, id)))
    }

    /// The filters as a report names them.
    pub fn describe(&self) -> Vec<String> {
        self.tags.iter().map(|tag| format!("tag:{tag}")).chain(self.ids.iter().map(|id| format!("id:{id}"))).collect()
    }
}

fn has_tag(check: &Check, tag: &str) -> bool {
    let tag = tag.trim_start_matches('@');
    let tags = &check.tags;
    check.feature == tag
        || tags.written.iter().any(|written| written == tag)
        || tags.levels.iter().any(|(level, _)| level.name() == tag)
        || tags.sections.iter().any(|section| tag == section.document)
        || tags.requirements.iter().any(|entry| tag == entry)
        || tag.strip_prefix("needs:").is_some_and(|need| check.needs.iter().any(|needed| needed.name() == need))
        || (tag == "intrusive" && check.is_intrusive())
        || (tag == "waits" && tags.waits.is_some())
}

fn has_id(check: &Check, id: &str) -> bool {
    check.id == id || check.id.strip_prefix(id).is_some_and(|rest| id.ends_with('/') || rest.starts_with(['/', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(tag: &str) -> Result<usize, String> {
        let catalog = Catalog::embedded().expect("the features are sound");
        Selection { tags: vec![tag.to_owned()], ids: Vec::new() }.choose(&catalog).map(|checks| checks.len())
    }

    #[test]
    fn every_kind_of_tag_selects() {
        for tag in [
            "must",
            "@must",
            "must:oauth-2.1",
            "RFC7636",
            "RFC7636-4.6",
            "pkce",
            "pkce-verifier-mismatch-rejected",
            "req:pkce-verifier-mismatch-rejected",
            "catches:ignores-code-verifier",
            "needs:introspection",
            "own-realm",
            "intrusive",
            "waits",
            "waits:6s",
        ] {
            assert!(chosen(tag).is_ok_and(|checks| checks > 0), "{tag}");
        }
    }

    #[test]
    fn a_tag_that_no_check_has_is_told_with_what_a_tag_may_be() {
        let told = chosen("RFC9999").expect_err("no such document");
        assert!(told.starts_with("no check has the tag RFC9999; a tag is a level"), "{told}");
    }
}
