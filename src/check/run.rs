//! Plays the chosen checks side by side, and makes a run of what they found.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, panic_any};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cucumber::event::{self, ScenarioFinished};
use cucumber::gherkin::{self, Feature, Scenario};
use cucumber::runner::Basic;
use cucumber::step::{Collection, Context};
use cucumber::{Cucumber, Event, World, Writer, cli, parser, writer};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use regex::Regex;
use tokio_util::sync::CancellationToken;

use super::applicability::{Place, place};
use super::catalog::{Catalog, Check, ID_TAG};
use super::collector::{self, Ending};
use super::halt::{Halt, Step};
use super::health::Health;
use super::realm;
use super::scene::{Scene, Sessions};
use crate::provider::Target;
use crate::verdict::{FailOn, Finding, Outcome, PlayedStep, Policy, Profile, Run};
use crate::wire::Wire;

/// How a run is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set of specifications to judge by.
    pub profile: Profile,
    /// From which level on the run fails.
    pub fail_on: FailOn,
    /// How long the user is willing to wait for one check.
    pub max_wait: Duration,
    /// Scenarios side by side.
    pub jobs: usize,
    /// Checks that may stay inconclusive.
    pub allow_inconclusive: Vec<String>,
    /// The filters, as the report names them.
    pub selection: Vec<String>,
    /// The order of play: that of the catalogue, or shuffled by this seed.
    pub shuffle: Option<u64>,
    /// The longest that one step may take, waiting aside.
    pub step_limit: Duration,
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
    /// Whether a host other than loopback may be flooded and guessed at.
    pub intrusive: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            fail_on: FailOn::default(),
            max_wait: Duration::from_secs(30),
            jobs: 16,
            allow_inconclusive: Vec::new(),
            selection: Vec::new(),
            shuffle: None,
            step_limit: Duration::from_secs(90),
            timeout: None,
            intrusive: false,
        }
    }
}

/// A run, and whether a bug of flowproof's own showed in it.
pub struct Played {
    /// What was found.
    pub run: Run,
    /// The ids of checks in which flowproof itself failed.
    pub bugs: Vec<String>,
}

/// cucumber takes the process's panic hook for the time of a run: two runs take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Plays the checks against the targets; each on the first target that satisfies its needs.
///
/// `heard` is told of each finding as it is made. `stop` ends the run early; what was not played is inconclusive.
pub async fn run(
    catalog: &Catalog,
    checks: &[Arc<Check>],
    targets: &[Arc<Target>],
    wire: &Wire,
    options: &Options,
    stop: &CancellationToken,
    heard: Rc<dyn Fn(&Finding)>,
) -> Played {
    let _turn = TURN.lock().await;
    let (began, started) = (Instant::now(), timestamp());
    let stage = Rc::new(Stage {
        places: RefCell::new(BTreeMap::new()),
        wire: wire.clone(),
        options: options.clone(),
        findings: RefCell::new(Vec::new()),
        sessions: Sessions::default(),
        health: Health::default(),
        bugs: RefCell::new(BTreeSet::new()),
        heard,
    });
    for check in checks {
        match place(check, targets, options.profile, options.max_wait, options.intrusive) {
            Place::On(target) => {
                stage.places.borrow_mut().insert(check.id.clone(), (check.clone(), target));
            }
            Place::Nowhere(reason) => stage.found(collector::unplayed(check, options.profile, Outcome::NotApplicable, reason)),
        }
    }
    let features = features(catalog, &stage.places.borrow(), options.shuffle);
    let playing = play(stage.clone(), features, options.jobs);
    let interruption = tokio::select! {
        () = playing => None,
        () = stop.cancelled() => Some("the run was interrupted".to_owned()),
        limit = time_is_up(options.timeout) => Some(format!("the run's time was up (--timeout {})", limit.as_secs())),
    };
    let interruption = interruption.or_else(|| wire.shut_because().map(str::to_owned));
    let (mut findings, mut bugs) = (stage.findings.take(), stage.bugs.take());
    let played: BTreeSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
    for check in checks.iter().filter(|check| !played.contains(&check.id)) {
        let reason = if let Some(reason) = &interruption {
            reason.clone()
        } else {
            bugs.insert(check.id.clone());
            collector::bug("it was never played")
        };
        findings.push(collector::unplayed(check, options.profile, Outcome::Inconclusive, reason));
    }
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let causes = Run::group_causes(&mut findings);
    let policy = Policy {
        profile: options.profile,
        fail_on: options.fail_on,
        max_wait_seconds: options.max_wait.as_secs(),
        allow_inconclusive: options.allow_inconclusive.clone(),
        selection: options.selection.clone(),
        jobs: options.jobs,
    };
    let run = Run {
        flowproof: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        issuers: targets.iter().map(|target| target.provider.issuer.clone()).collect(),
        verdict: Run::judge(&findings, &policy),
        policy,
        interrupted: interruption.is_some(),
        interruption,
        findings,
        causes,
        baseline: None,
    };
    Played { run, bugs: bugs.into_iter().collect() }
}

/// Ends when the time is up, and says how long it was; never, where there is no limit.
async fn time_is_up(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Each check that is played, and on what, by id.
type Places = BTreeMap<String, (Arc<Check>, Arc<Target>)>;

/// What the hooks share.
struct Stage {
    places: RefCell<Places>,
    wire: Wire,
    options: Options,
    findings: RefCell<Vec<Finding>>,
    /// The browsers of the checks that share a session.
    sessions: Sessions,
    health: Health,
    /// The ids of checks in which flowproof itself failed.
    bugs: RefCell<BTreeSet<String>>,
    heard: Rc<dyn Fn(&Finding)>,
}

impl Stage {
    fn found(&self, finding: Finding) {
        (self.heard)(&finding);
        self.findings.borrow_mut().push(finding);
    }
}

/// The features with the scenarios that are to be played, in the order of play.
fn features(catalog: &Catalog, places: &Places, shuffle: Option<u64>) -> Vec<Feature> {
    let mut features = catalog.features().to_vec();
    for feature in &mut features {
        for rule in &mut feature.rules {
            rule.scenarios.retain(|scenario| id_of(scenario).is_some_and(|id| places.contains_key(id)));
            if let Some(seed) = shuffle {
                rule.scenarios.sort_by_key(|scenario| scatter(seed, id_of(scenario).unwrap_or_default()));
            }
        }
        feature.rules.retain(|rule| !rule.scenarios.is_empty());
        if let Some(seed) = shuffle {
            feature.rules.sort_by_key(|rule| scatter(seed, &rule.name));
        }
    }
    features.retain(|feature| !feature.rules.is_empty());
    if let Some(seed) = shuffle {
        features.sort_by_key(|feature| scatter(seed, &feature.name));
    }
    features
}

/// A number that depends on seed and text alone, so that a shuffled order can be had again.
fn scatter(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

fn id_of(scenario: &Scenario) -> Option<&str> {
    scenario.tags.iter().find_map(|tag| tag.strip_prefix(ID_TAG))
}

async fn play(stage: Rc<Stage>, features: Vec<Feature>, jobs: usize) {
    let every = || Regex::new("^.*$").expect("a constant pattern");
    let steps = Collection::new().given(None, every(), play_step).when(None, every(), play_step).then(None, every(), play_step);
    let (entering, leaving) = (stage.clone(), stage);
    let runner = Basic::default()
        .max_concurrent_scenarios(jobs.max(1))
        .steps(steps)
        .before(move |_, _, scenario, world: &mut Play| before(entering.clone(), scenario, world).boxed_local())
        .after(move |_, _, scenario, finished, world| after(leaving.clone(), scenario, finished, world).boxed_local());
    Cucumber::<Play, _, _, _, _, cli::Empty>::custom(Script, runner, Silent).with_default_cli().run(features).await;
}

/// What cucumber carries from step to step: a scene, once the hook has set it.
#[derive(Default)]
struct Play {
    scene: Option<Box<Scene>>,
    began: Option<Instant>,
}

impl std::fmt::Debug for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Play({:?})", self.scene.as_ref().map(|scene| &scene.check.id))
    }
}

impl World for Play {
    type Error = std::convert::Infallible;

    async fn new() -> Result<Self, Self::Error> {
        Ok(Self::default())
    }
}

async fn before(stage: Rc<Stage>, scenario: &Scenario, world: &mut Play) {
    let Some((check, target)) = id_of(scenario).and_then(|id| stage.places.borrow().get(id).cloned()) else { return };
    world.began = Some(Instant::now());
    stage.health.enter(&check.id);
    let mut scene = Scene::new(check, stage.wire.clone(), target, &stage.options, stage.sessions.clone());
    if scene.check.tags.own_realm
        && let Err(halt) = realm::enter(&mut scene).await
    {
        scene.halt = Some((halt, 0, None));
    }
    world.scene = Some(Box::new(scene));
}

async fn after(stage: Rc<Stage>, scenario: &Scenario, finished: &ScenarioFinished, world: Option<&mut Play>) {
    let Some(Play { scene: Some(scene), began }) = world else {
        // The finding is made good as one that was never played, which is a bug of ours.
        return debug_assert!(false, "no scene for {:?}", scenario.name);
    };
    let ending = match finished {
        ScenarioFinished::StepPassed => Ending::Whole,
        ScenarioFinished::StepFailed(_, _, error) => match scene.halt.take() {
            Some((halt, at, shown)) => Ending::Stopped(halt, at, shown),
            None => Ending::Bug(panic_words(error)),
        },
        ScenarioFinished::StepSkipped => Ending::Bug("a step was skipped".to_owned()),
        ScenarioFinished::BeforeHookFailed(_) => Ending::Bug("the scene could not be set".to_owned()),
    };
    let ending = match (stage.health.leave(scene).await, ending) {
        (Some(gone), Ending::Whole | Ending::Stopped(..)) => {
            Ending::Stopped(Halt::blocked(gone), scene.cursor.saturating_sub(1), None)
        }
        (_, ending) => ending,
    };
    if scene.in_own_realm {
        realm::leave(scene).await;
    }
    if matches!(ending, Ending::Bug(_)) {
        stage.bugs.borrow_mut().insert(scene.check.id.clone());
    }
    let took = began.map(|began| began.elapsed()).unwrap_or_default();
    stage.found(collector::finding(scene, ending, stage.options.profile, took));
}

fn panic_words(error: &event::StepError) -> String {
    match error {
        event::StepError::Panic(info) => info
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| info.downcast_ref::<&str>().map(|words| (*words).to_owned()))
            .unwrap_or_else(|| "a step panicked".to_owned()),
        other => other.to_string(),
    }
}

/// Marks a panic that ends a scenario on purpose: the scene says why.
struct Halted;

fn play_step(world: &mut Play, context: Context) -> LocalBoxFuture<'_, ()> {
    async move {
        let scene = world.scene.as_mut().expect("the before hook sets the scene");
        if scene.halt.is_none() {
            let at = scene.cursor;
            let outcome = AssertUnwindSafe(next_step(scene, &context.step)).await;
            if let Err(halt) = outcome {
                let shown = match &halt {
                    Halt::Fault(fault) => scene.shown(fault.endpoint),
                    Halt::Blocked(_) | Halt::NotApplicable(_) => None,
                };
                scene.halt = Some((halt, at, shown));
            }
        }
        if scene.halt.is_some() {
            panic_any(Halted);
        }
    }
    .boxed_local()
}

async fn next_step(scene: &mut Scene, told: &gherkin::Step) -> Step {
    let check = scene.check.clone();
    shut(scene)?;
    let step = &check.steps[scene.cursor];
    assert_eq!(step.text, told.value.trim(), "the catalogue and the runner play the same steps");
    scene.cursor += 1;
    scene.played.push(PlayedStep { text: step.to_string(), began: scene.tape.len() });
    scene.part = step.phrase.part;
    scene.evidence = None;
    scene.actor = scene.protagonist;
    let limit = scene.step_limit.saturating_add(scene.max_wait);
    match tokio::time::timeout(limit, (step.phrase.action)(scene, &step.args)).await {
        // What a step made of requests that could not be sent says nothing.
        Ok(outcome) => shut(scene).and(outcome),
        Err(_) => Err(Halt::blocked(format!("the step took longer than {} s", limit.as_secs()))),
    }
}

/// Stops a scene whose requests are sent no more.
fn shut(scene: &Scene) -> Step {
    scene.wire.shut_because().map_or(Ok(()), |reason| Err(Halt::blocked(reason)))
}

/// Hands parsed features to cucumber.
struct Script;

impl cucumber::Parser<Vec<Feature>> for Script {
    type Cli = cli::Empty;
    type Output = futures::stream::Iter<std::vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, features: Vec<Feature>, _: cli::Empty) -> Self::Output {
        futures::stream::iter(features.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// Writes nothing: findings leave through the hook.
struct Silent;

impl Writer<Play> for Silent {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, _: parser::Result<Event<event::Cucumber<Play>>>, _: &cli::Empty) {}
}

impl writer::Normalized for Silent {}

/// Now, as RFC 3339 writes it.
fn timestamp() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
