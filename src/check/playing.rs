//! How cucumber plays a scenario: the hooks round it, its steps in turn, and what ends it.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use cucumber::event::{self, ScenarioFinished};
use cucumber::gherkin::{self, Feature, Scenario};
use cucumber::runner::Basic;
use cucumber::step::{Collection, Context};
use cucumber::{Cucumber, Event, World, Writer, cli, parser, writer};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use regex::Regex;

use super::collector::{self, Ending};
use super::halt::{Halt, Step};
use super::order::id_of;
use super::realm;
use super::scene::Scene;
use super::stage::Stage;
use super::turns::Turn;
use crate::verdict::PlayedStep;
use crate::wire::Wire;

/// Plays the scenarios, so many side by side.
pub(super) async fn play(stage: Rc<Stage>, features: Vec<Feature>, jobs: usize) {
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
    turn: Turn,
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
    world.turn = stage.turns.take(&check, &target).await;
    world.began = Some(Instant::now());
    let mut scene = Scene::new(check.clone(), stage.wire.for_one(&check.id), target, &stage.options, stage.sessions.clone());
    if scene.check.tags.own_realm
        && let Err(halt) = realm::enter(&mut scene).await
    {
        scene.halt = Some((halt, 0, None));
    }
    world.scene = Some(Box::new(scene));
}

async fn after(stage: Rc<Stage>, scenario: &Scenario, finished: &ScenarioFinished, world: Option<&mut Play>) {
    let Some(Play { scene: Some(scene), began, turn }) = world else {
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
    stage.leftovers.keep(scene, stage.options.cleanup);
    let took = began.map(|began| began.elapsed()).unwrap_or_default();
    turn.clear();
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
                    Halt::Blocked(_) | Halt::NotApplicable(_) | Halt::Noted(_) => None,
                };
                scene.halt = Some((halt, at, shown));
            }
        }
        if scene.halt.is_some() {
            // Past the panic hook: this is no panic that anybody is to hear of.
            resume_unwind(Box::new(Halted));
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
    let wire = scene.wire.clone();
    match within(limit, &wire, (step.phrase.action)(scene, &step.args)).await {
        // What a step made of requests that could not be sent, or of answers that say nothing of them, says nothing.
        Some(outcome) => shut(scene).and(spoiled(scene)).and(outcome),
        None => Err(Halt::blocked(format!("the step took longer than {} s", limit.as_secs()))),
    }
}

/// What a step makes of this time; waits for turns, which are others' doing, do not count.
async fn within<T>(limit: Duration, wire: &Wire, step: impl Future<Output = T>) -> Option<T> {
    let (began, waited) = (Instant::now(), wire.waited());
    let mut step = std::pin::pin!(step);
    loop {
        let left = (limit + (wire.waited() - waited)).saturating_sub(began.elapsed());
        match tokio::time::timeout(left, step.as_mut()).await {
            Ok(outcome) => return Some(outcome),
            Err(_) if limit + (wire.waited() - waited) > began.elapsed() => {}
            Err(_) => return None,
        }
    }
}

/// Stops a scene whose requests are sent no more.
fn shut(scene: &Scene) -> Step {
    scene.wire.shut_because().map_or(Ok(()), |reason| Err(Halt::blocked(reason)))
}

/// Stops a scene that was answered with a limit of the rate.
fn spoiled(scene: &Scene) -> Step {
    scene.wire.spoiled().map_or(Ok(()), |reason| Err(Halt::blocked(reason)))
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
