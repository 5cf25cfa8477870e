//! Which checks a run plays: filters by tag and id.

use std::sync::Arc;

use super::catalog::{Catalog, Check};

/// Filters; no filter selects every check. Filters of one sort are alternatives, tag and id both have to hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Levels, sections, requirements, defects, features: whatever stands as a tag, without its `@`; or a feature's name.
    pub tags: Vec<String>,
    /// Ids, or the beginning of ids up to a slash or dash.
    pub ids: Vec<String>,
}

impl Selection {
    /// The checks that every filter lets through; a filter that matches nothing is named in the error.
    pub fn choose(&self, catalog: &Catalog) -> Result<Vec<Arc<Check>>, String> {
        for tag in &self.tags {
            if !catalog.checks().iter().any(|check| has_tag(check, tag)) {
                return Err(format!("no check has the tag {tag}; --list shows every check with its tags"));
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
        || tags.levels.iter().any(|(level, _)| level.name() == tag)
        || tags
            .sections
            .iter()
            .any(|section| tag == format!("{}-{}", section.document, section.number) || tag == section.document)
        || tags.requirements.iter().any(|entry| tag == entry || tag.strip_prefix("req:") == Some(entry))
        || tags.catches.iter().any(|defect| tag.strip_prefix("catches:") == Some(defect))
        || (tag == "own-realm" && tags.own_realm)
        || (tag == "intrusive" && tags.intrusive)
        || (tag == "waits" && tags.waits.is_some())
}

fn has_id(check: &Check, id: &str) -> bool {
    check.id == id || check.id.strip_prefix(id).is_some_and(|rest| id.ends_with('/') || rest.starts_with(['/', '-']))
}
