//! Features to checks: reads the Gherkin, gives each scenario its id, binds each step to a phrase, and refuses what does not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cucumber::feature::Ext as _;
use cucumber::gherkin::{self, Feature, GherkinEnv, StepType};
use include_dir::{Dir, include_dir};

use super::phrase::{Args, Ends, Part, Phrase};
use super::steps;
use super::tags::{Tags, is_slug};
use crate::provider::Need;
use crate::verdict::{Level, Profile, Section, Spoiled};

static FEATURES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/features");

/// The tag by which a running scenario finds its check again.
pub(super) const ID_TAG: &str = "flowproof-check:";

/// One check: a scenario, or a row of an outline.
pub struct Check {
    /// `<feature file>/<slug>[-<case>]`.
    pub id: String,
    /// The feature file's stem.
    pub feature: String,
    /// The Rule's words.
    pub rule: String,
    /// The scenario's title.
    pub title: String,
    /// Why the check is there, in the feature's words.
    pub why: String,
    /// Where it stands: `features/pkce.feature:12`; of a folder given by the user, the path as given.
    pub place: String,
    /// Everything that its tags say.
    pub tags: Tags,
    /// What it needs of the provider.
    pub needs: BTreeSet<Need>,
    /// Its steps, in order.
    pub steps: Vec<BoundStep>,
}

impl Check {
    /// The level under a profile; none where the requirement belongs to another profile.
    pub fn level(&self, profile: Profile) -> Option<Level> {
        self.tags.level(profile)
    }

    /// The client that it is about, a key under `clients:`: the first one that a step names.
    pub fn protagonist(&self) -> &'static str {
        self.steps.iter().find_map(|step| step.args.first_client()).map_or("web", |role| role.key)
    }

    /// Every client that it is about, keys under `clients:`.
    pub fn clients(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().flat_map(|step| step.args.clients()).map(|role| role.key)
    }

    /// What was wrong with the request that this step judges: with the last one before it that was altered.
    pub fn spoiled_before(&self, judge: &str) -> Option<Spoiled> {
        let at = self.steps.iter().position(|step| step.to_string() == judge).unwrap_or(self.steps.len().saturating_sub(1));
        self.steps.get(..=at)?.iter().rev().find(|step| !step.args.alterations().is_empty())?.args.spoils()
    }

    /// Where the requirement stands.
    pub fn sections(&self) -> &[Section] {
        &self.tags.sections
    }

    /// How long it waits where no clock can be moved.
    pub fn waits(&self) -> Option<Duration> {
        self.tags.waits
    }

    /// Whether it floods the provider, guesses, or may get somebody locked out.
    pub fn is_intrusive(&self) -> bool {
        self.tags.intrusive || self.steps.iter().any(|step| step.phrase.intrusive)
    }

    /// Whether it replays, reuses or revokes, so that a provider may end grants of its neighbours with its own.
    pub fn ends_grants(&self) -> bool {
        let using_up = self.steps.iter().filter(|step| step.phrase.ends == Ends::Again).count();
        using_up > 1 || self.steps.iter().any(|step| step.phrase.ends == Ends::Grants || step.args.reuses())
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({})", self.id)
    }
}

/// A step with the phrase that it says.
pub struct BoundStep {
    /// `Given`, `When`, `Then`, `And`.
    pub keyword: String,
    /// Its text.
    pub text: String,
    /// Its phrase.
    pub phrase: &'static Phrase,
    /// The phrase's arguments.
    pub args: Args,
}

impl fmt::Display for BoundStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.keyword, self.text)
    }
}

/// Every check, and the features that they were read from.
pub struct Catalog {
    checks: Vec<Arc<Check>>,
    features: Vec<Feature>,
    rules: usize,
}

/// Why features cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The folder or a file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The folder holds no feature.
    #[error("{}: no file ends in .feature; give the folder that holds the features with --features", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A feature says something that flowproof does not understand.
    #[error("{place}: {what}")]
    Wrong {
        /// File and line.
        place: String,
        /// What is wrong, and the way out.
        what: String,
    },
}

impl Catalog {
    /// The features that are built in.
    pub fn embedded() -> Result<Self, CatalogError> {
        let texts = FEATURES
            .files()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "feature"))
            .map(|file| (Path::new("features").join(file.path()), file.contents_utf8().unwrap_or_default().to_owned()));
        Self::read(texts.collect())
    }

    /// The features in a folder.
    pub fn from_dir(dir: &Path) -> Result<Self, CatalogError> {
        let unreadable = |path: &Path| {
            let path = path.to_path_buf();
            move |source| CatalogError::Unreadable { path, source }
        };
        let mut texts = BTreeMap::new();
        for entry in std::fs::read_dir(dir).map_err(unreadable(dir))? {
            let path = entry.map_err(unreadable(dir))?.path();
            if path.extension().is_some_and(|extension| extension == "feature") {
                let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
                texts.insert(path, text);
            }
        }
        if texts.is_empty() { Err(CatalogError::Empty { path: dir.to_path_buf() }) } else { Self::read(texts) }
    }

    fn read(texts: BTreeMap<PathBuf, String>) -> Result<Self, CatalogError> {
        let mut catalog = Self { checks: Vec::new(), features: Vec::new(), rules: 0 };
        for (path, text) in texts {
            catalog.read_feature(&path, &text)?;
        }
        let mut seen = BTreeMap::new();
        for check in &catalog.checks {
            if let Some(earlier) = seen.insert(check.id.clone(), check.place.clone()) {
                return Err(wrong(&check.place, format!("the id {} stands at {earlier} already", check.id)));
            }
        }
        catalog.checks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(catalog)
    }

    fn read_feature(&mut self, path: &Path, text: &str) -> Result<(), CatalogError> {
        let file = path.display().to_string();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let feature = Feature::parse(text, GherkinEnv::default()).map_err(|error| wrong(&file, error.to_string()))?;
        let mut feature = feature.expand_examples().map_err(|error| wrong(&file, error.to_string()))?;
        if let Some(scenario) = feature.scenarios.first() {
            return Err(wrong(
                &at(&file, scenario.position.line),
                "a scenario stands outside a Rule; every check belongs to one requirement",
            ));
        }
        if feature.background.is_some() || feature.rules.iter().any(|rule| rule.background.is_some()) {
            return Err(wrong(&file, "a Background hides what a check starts from; say it in the scenario"));
        }
        self.rules += feature.rules.len();
        let feature_tags = feature.tags.clone();
        for rule in &mut feature.rules {
            let (rule_name, rule_tags) = (rule.name.clone(), rule.tags.clone());
            for scenario in &mut rule.scenarios {
                let tags = feature_tags.iter().chain(&rule_tags).chain(&scenario.tags);
                let check = bind(&stem, &file, &rule_name, tags, scenario)?;
                scenario.tags.push(format!("{ID_TAG}{}", check.id));
                self.checks.push(Arc::new(check));
            }
        }
        self.features.push(feature);
        Ok(())
    }

    /// Every check, in the order of ids.
    pub fn checks(&self) -> &[Arc<Check>] {
        &self.checks
    }

    /// The check of this id.
    pub fn check(&self, id: &str) -> Option<&Arc<Check>> {
        self.checks.binary_search_by(|check| check.id.as_str().cmp(id)).ok().map(|at| &self.checks[at])
    }

    /// How many Rules there are.
    pub fn rules(&self) -> usize {
        self.rules
    }

    /// Every defect that a check says it catches.
    pub fn defects(&self) -> BTreeSet<&str> {
        self.checks.iter().flat_map(|check| check.tags.catches.iter().map(String::as_str)).collect()
    }

    pub(super) fn features(&self) -> &[Feature] {
        &self.features
    }
}

fn bind<'a>(
    stem: &str,
    file: &str,
    rule: &str,
    tags: impl Iterator<Item = &'a String>,
    scenario: &gherkin::Scenario,
) -> Result<Check, CatalogError> {
    let place = &at(file, scenario.position.line);
    let mut read = Tags::default();
    for tag in tags {
        read.add(tag).map_err(|what| wrong(place, what))?;
    }
    if read.levels.is_empty() {
        return Err(wrong(place, "no level: tag the Rule @must, @should or @may"));
    }
    if read.sections.is_empty() || read.requirements.is_empty() {
        return Err(wrong(
            place,
            "no section or requirement: tag the Rule with both, as in @RFC7636-4.6 @req:pkce-verifier-mismatch-rejected",
        ));
    }
    let slug = read.id.clone().ok_or_else(|| wrong(place, "no id: tag the scenario @id:<slug>"))?;
    let id = match case(scenario) {
        None if scenario.examples.is_empty() => format!("{stem}/{slug}"),
        None => return Err(wrong(place, "the Examples have no `case` column, which gives each row its id")),
        Some(case) if !is_slug(&case) => {
            return Err(wrong(place, format!("the case {case:?} ends an id: it is of lower-case letters, digits and dashes")));
        }
        Some(case) => format!("{stem}/{slug}-{case}"),
    };
    let mut steps = Vec::new();
    for step in &scenario.steps {
        steps.push(bind_step(&at(file, step.position.line), step)?);
    }
    if read.shares_session
        && let Some(step) = steps.iter().find(|step| !step.phrase.gentle || !step.args.alterations().is_empty())
    {
        let what = "@shares-session is for checks that neither replay, reuse, revoke nor deny anything, and alter no request";
        return Err(wrong(place, format!("{:?} may end the session for others: {what}", step.text)));
    }
    if !steps.iter().any(|step| step.phrase.part == Part::Judge) {
        return Err(wrong(place, "no step judges: a check without a judge cannot fail"));
    }
    let needs = steps
        .iter()
        .flat_map(|step| step.phrase.needs.iter().copied().chain(step.args.needs()))
        .chain(read.needs.iter().copied())
        .collect();
    let why = scenario.description.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Check {
        id,
        feature: stem.to_owned(),
        rule: rule.to_owned(),
        title: scenario.name.clone(),
        why,
        place: place.to_owned(),
        tags: read,
        needs,
        steps,
    })
}

fn bind_step(place: &str, step: &gherkin::Step) -> Result<BoundStep, CatalogError> {
    let text = step.value.trim();
    let mut found = steps::saying(text);
    let Some((phrase, args)) = found.next() else {
        return Err(wrong(place, format!("no phrase of the vocabulary says {text:?}")));
    };
    if let Some((other, _)) = found.next() {
        return Err(wrong(place, format!("two phrases say {text:?}: {:?} and {:?}", phrase.text, other.text)));
    }
    match (step.ty, phrase.part) {
        (StepType::Then, Part::Given | Part::Act) => {
            return Err(wrong(place, format!("{text:?} does not judge; it belongs under Given or When")));
        }
        (StepType::Given | StepType::When, Part::Judge) => {
            return Err(wrong(place, format!("{text:?} judges; it belongs under Then")));
        }
        _ => {}
    }
    Ok(BoundStep { keyword: step.keyword.trim().to_owned(), text: text.to_owned(), phrase, args })
}

/// The `case` column of the row that an outline's scenario was made of.
fn case(scenario: &gherkin::Scenario) -> Option<String> {
    let table = scenario.examples.first()?.table.as_ref()?;
    let (header, row) = (table.rows.first()?, table.rows.get(1)?);
    header.iter().zip(row).find(|(name, _)| *name == "case").map(|(_, case)| case.clone())
}

fn at(file: &str, line: usize) -> String {
    format!("{file}:{line}")
}

fn wrong(place: &str, what: impl Into<String>) -> CatalogError {
    CatalogError::Wrong { place: place.to_owned(), what: what.into() }
}
