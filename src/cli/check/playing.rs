//! The run itself: who is tested, how it is played, and what can end it early.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::CheckArgs;
use crate::check::run::{Played, TimeLimit, time_is_up};
use crate::check::{Catalog, Check, Options, Selection};
use crate::cli::{Console, connect, doctor, embedded, signals};
use crate::exit::Exit;
use crate::provider::{Provider, Target, Unreachable, discover};
use crate::report::trace;
use crate::verdict::{Finding, Profile};
use crate::wire::{Connect, Tape, Wire};

impl CheckArgs {
    /// Plays the checks.
    pub(super) async fn play(
        &self,
        catalog: &Catalog,
        checks: &[Arc<Check>],
        selection: &Selection,
        console: &Console,
    ) -> Result<Played, Exit> {
        self.connect.are_for(self.provider.as_deref(), console)?;
        let provider = self.provider.as_ref().map(|path| self.connect.provider(path, console)).transpose()?;
        let wire = match &provider {
            Some(provider) => connect::wire_to(provider, console)?,
            None => connect::wire(Connect::default(), console)?,
        };
        let wire = match self.max_requests {
            Some(most) => wire.with_budget(most),
            None => wire,
        };
        let limit = self.timeout.map(|seconds| TimeLimit::from(console.started, Duration::from_secs(seconds)));
        let stop = CancellationToken::new();
        let signal = match signals::stop() {
            Ok(signal) => tokio::spawn(signal.map({
                let stop = stop.clone();
                move |()| stop.cancel()
            })),
            Err(error) => return Err(console.usage(&format_args!("cannot listen for signals: {error}"))),
        };
        let unfound = |why: &dyn fmt::Display| {
            console.error(&format_args!("{why}, before the provider was found"));
            Exit::Incomplete
        };
        let (targets, server) = tokio::select! {
            found = self.targets(provider, &wire, console) => found?,
            () = stop.cancelled() => return Err(unfound(&"the run was interrupted")),
            limit = time_is_up(limit) => return Err(unfound(&limit)),
        };
        let options = Options {
            profile: self.profile(&targets),
            fail_on: self.fail_on.into(),
            max_wait: Duration::from_secs(self.max_wait),
            jobs: self.jobs_for(&targets),
            allow_inconclusive: self.allow_inconclusive.clone(),
            selection: selection.describe(),
            shuffle: self.shuffle,
            limit,
            intrusive: self.intrusive,
            cleanup: self.cleans_up(),
            ..Options::default()
        };
        if let Some(file) = self.provider.as_ref().filter(|_| !self.skip_doctor) {
            tokio::select! {
                () = doctor::warn(file, &targets, checks, &wire, console) => {}
                () = stop.cancelled() => {}
                _ = time_is_up(limit) => {}
            }
        }
        let progress = Rc::new(console.progress(checks.len(), "checks"));
        let heard = {
            let (progress, traced, console) = (progress.clone(), self.trace, *console);
            Rc::new(move |finding: &Finding| {
                progress.done(finding.outcome, &finding.id);
                // What cannot be printed now is in the report.
                let _ = traced.then(|| progress.aside(|| console.show(|out| trace::render(finding, &console.style, out))));
            })
        };
        let played = crate::check::run(catalog, checks, &targets, &wire, &options, &stop, heard).await;
        progress.finish();
        signal.abort();
        if let Some(server) = server {
            server.stop().await;
        }
        Ok(played)
    }

    /// Who is tested: the provider of the file, or the realms of the embedded server, which then has to be stopped.
    async fn targets(
        &self,
        provider: Option<Provider>,
        wire: &Wire,
        console: &Console,
    ) -> Result<(Vec<Arc<Target>>, Option<crate::server::Running>), Exit> {
        let Some(provider) = provider else {
            let server = embedded::serve(&self.defects).await.map_err(|message| console.usage(&message))?;
            let targets = embedded::targets(&server, wire).await.map_err(|message| console.usage(&message))?;
            return Ok((targets, Some(server)));
        };
        let tape = Tape::new(provider.secrets());
        let mut targets = Vec::new();
        for mut provider in provider.by_issuer() {
            provider.login.driver.look_at(self.headed, &self.output.join("evidence"));
            match discover(wire, &tape, provider).await {
                Ok(target) => targets.push(Arc::new(target)),
                Err(error @ Unreachable::NothingAnswers { .. }) => {
                    console.error(&error);
                    return Err(Exit::Incomplete);
                }
                Err(error @ Unreachable::NoEndpoint { .. }) => return Err(console.usage(&error)),
            }
        }
        Ok((targets, None))
    }

    /// Scenarios that would only wait for a browser are not begun: their time would run.
    fn jobs_for(&self, targets: &[Arc<Target>]) -> usize {
        let most = targets.iter().filter_map(|target| target.provider.login.driver.at_once()).min();
        most.map_or(self.jobs.get(), |most| most.min(self.jobs.get()))
    }

    fn cleans_up(&self) -> Option<bool> {
        match (self.cleanup, self.no_cleanup) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    fn profile(&self, targets: &[Arc<Target>]) -> Profile {
        match self.profile {
            Some(profile) => profile.into(),
            None => targets.first().map(|target| target.provider.profile).unwrap_or_default(),
        }
    }
}
