//! The gate that every request to the provider passes: how many may, how fast and how many at once, who rests, and whether any may still.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pace::Pace;
use super::rest::{Rested, Rests, Then};
use crate::protocol::Response;

/// Nobody waits longer for a turn: so much can only be a pace that does not fit what is asked.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Why a request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// None passes any more.
    Shut(String),
    /// This one waited for too long.
    NoTurn(String),
}

/// The right to have one request or login under way.
pub(super) type Permit<'a> = Option<SemaphorePermit<'a>>;

/// Counts what passes, and has it wait; shut once, it stays shut.
#[derive(Debug)]
pub(super) struct Gate {
    passed: AtomicU64,
    most: Option<u64>,
    reason: OnceLock<String>,
    shut: CancellationToken,
    pace: Pace,
    /// When the next request may begin.
    next: Mutex<Instant>,
    requests: Semaphore,
    logins: Semaphore,
    rests: Mutex<Rests>,
    /// Whether all pass at once from now on.
    lifted: AtomicBool,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(None, Pace::default())
    }
}

impl Gate {
    /// A gate that lets so many pass, at this pace.
    pub(super) fn new(most: Option<u64>, pace: Pace) -> Self {
        let permits =
            |most: Option<usize>| Semaphore::new(most.unwrap_or(Semaphore::MAX_PERMITS).clamp(1, Semaphore::MAX_PERMITS));
        Self {
            passed: AtomicU64::new(0),
            most,
            reason: OnceLock::new(),
            shut: CancellationToken::new(),
            pace,
            next: Mutex::new(Instant::now()),
            requests: permits(pace.at_once),
            logins: permits(pace.logins_at_once),
            rests: Mutex::default(),
            lifted: AtomicBool::new(false),
        }
    }

    /// How many may pass in all.
    pub(super) fn most(&self) -> Option<u64> {
        self.most
    }

    /// The pace that is kept.
    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// No pace is kept and no rest any more: what follows is measured.
    pub(super) fn lift(&self) {
        self.lifted.store(true, Ordering::Relaxed);
    }

    /// Whether no pace is kept and no rest.
    pub(super) fn is_lifted(&self) -> bool {
        self.lifted.load(Ordering::Relaxed)
    }

    /// Waits for the turn of this many requests that are to begin together.
    pub(super) async fn turns(&self, many: u32) -> Result<(), Stopped> {
        self.within(async {
            self.rest(many).await?;
            self.sleep(self.reserve(many)).await
        })
        .await
    }

    /// Lets one request pass that has had its turn, as soon as there is room and no rest; it has room for as long as it holds the permit.
    pub(super) async fn pass(&self) -> Result<Permit<'_>, Stopped> {
        if self.is_lifted() {
            return self.count().map(|()| None);
        }
        let permit = self
            .within(async {
                loop {
                    self.rest(1).await?;
                    let permit = self.room(&self.requests).await?;
                    // A rest may have begun in the meantime.
                    if self.rests().left().is_zero() {
                        return Ok(permit);
                    }
                }
            })
            .await?;
        self.count().map(|()| Some(permit))
    }

    /// Waits until one more login may be under way.
    pub(super) async fn login(&self) -> Result<Permit<'_>, Stopped> {
        if self.is_lifted() {
            return Ok(None);
        }
        self.within(self.room(&self.logins)).await.map(Some)
    }

    /// The provider has answered, and not that there are too many.
    pub(super) fn answered(&self) {
        self.rests().answered();
    }

    /// Takes up that the provider limits the rate: all rest.
    pub(super) fn limited(&self, response: &Response, sent: Instant) -> Then {
        self.rests().limited(response, sent)
    }

    /// What the limits of the rate came to so far.
    pub(super) fn rested(&self) -> Rested {
        self.rests().so_far()
    }

    /// Shuts the gate, and says why it is shut: the first reason stays.
    pub(super) fn shut(&self, reason: String) -> &str {
        let reason = self.reason.get_or_init(|| reason);
        self.shut.cancel();
        reason
    }

    /// Why it is shut.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    /// Counts one that passes, or says why none may.
    fn count(&self) -> Result<(), Stopped> {
        self.open()?;
        let earlier = self.passed.fetch_add(1, Ordering::Relaxed);
        match self.most.filter(|most| earlier >= *most) {
            Some(most) => {
                Err(Stopped::Shut(self.shut(format!("the request budget was spent (--max-requests {most})")).to_owned()))
            }
            None => Ok(()),
        }
    }

    fn open(&self) -> Result<(), Stopped> {
        self.reason().map_or(Ok(()), |reason| Err(Stopped::Shut(reason.to_owned())))
    }

    /// Takes the next turns, and says how long it is until the last of them: what begins together waits for all.
    fn reserve(&self, many: u32) -> Duration {
        let Some(apart) = self.pace.apart.filter(|_| !self.is_lifted()) else { return Duration::ZERO };
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let last = (*next).max(now) + apart * many.saturating_sub(1);
        *next = last + apart;
        last - now
    }

    /// Waits for the end of the rest, where there is one, with this many requests.
    async fn rest(&self, many: u32) -> Result<(), Stopped> {
        let mut waits = false;
        loop {
            let left = {
                let mut rests = self.rests();
                let left = rests.left();
                if left.is_zero() || self.is_lifted() {
                    return self.open();
                }
                if !waits {
                    waits = true;
                    rests.hold_back(many);
                }
                left
            };
            self.sleep(left).await?;
        }
    }

    async fn sleep(&self, time: Duration) -> Result<(), Stopped> {
        if !time.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(time) => {}
                () = self.shut.cancelled() => {}
            }
        }
        self.open()
    }

    async fn room<'a>(&'a self, of: &'a Semaphore) -> Result<SemaphorePermit<'a>, Stopped> {
        self.open()?;
        tokio::select! {
            permit = of.acquire() => Ok(permit.expect("nobody closes it")),
            () = self.shut.cancelled() => Err(Stopped::Shut(self.reason().unwrap_or_default().to_owned())),
        }
    }

    async fn within<T>(&self, wait: impl Future<Output = Result<T, Stopped>>) -> Result<T, Stopped> {
        let too_long = || format!("no turn within {} s: `pace:` is too slow for it", LONGEST_WAIT.as_secs());
        tokio::time::timeout(LONGEST_WAIT, wait).await.unwrap_or_else(|_| Err(Stopped::NoTurn(too_long())))
    }

    fn rests(&self) -> MutexGuard<'_, Rests> {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    fn paced(pace: Pace) -> Gate {
        Gate::new(None, pace)
    }

    fn limit(after: &str) -> Response {
        let headers = vec![("retry-after".to_owned(), after.to_owned())];
        Response { status: 429, headers, body: Vec::new(), elapsed: Duration::ZERO }
    }

    #[tokio::test]
    async fn a_budget_lets_so_many_pass_and_then_none_for_good() {
        let gate = Gate::new(Some(2), Pace::default());
        assert!(gate.pass().await.is_ok() && gate.pass().await.is_ok() && gate.reason().is_none());
        let told = "the request budget was spent (--max-requests 2)";
        for _ in 0..2 {
            assert_eq!(gate.pass().await.err(), Some(Stopped::Shut(told.to_owned())));
        }
        assert_eq!(gate.shut("another reason".to_owned()), told);
    }

    #[tokio::test]
    async fn a_gate_without_bounds_lets_all_pass_at_once() {
        let gate = Gate::default();
        let began = Instant::now();
        let mut held = Vec::new();
        for _ in 0..1000 {
            gate.turns(1).await.expect("it is open");
            held.push(gate.pass().await.expect("it is open"));
        }
        assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn requests_begin_apart_and_those_that_begin_together_wait_for_as_many_turns() {
        let gate = paced(Pace { apart: Some(Duration::from_millis(20)), ..Pace::default() });
        let began = Instant::now();
        join_all((0..6).map(|_| gate.turns(1))).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(100) && took < Duration::from_millis(180), "{took:?}");
        let began = Instant::now();
        gate.turns(5).await.expect("it is open");
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(80) && took < Duration::from_millis(160), "{took:?}");
    }

    #[tokio::test]
    async fn no_more_are_under_way_than_there_is_room_for() {
        let gate = paced(Pace { at_once: Some(2), logins_at_once: Some(1), ..Pace::default() });
        let held = (gate.pass().await, gate.pass().await);
        let soon = Duration::from_millis(30);
        assert!(tokio::time::timeout(soon, gate.pass()).await.is_err());
        drop(held);
        assert!(tokio::time::timeout(soon, gate.pass()).await.is_ok());
        let _login = gate.login().await;
        assert!(tokio::time::timeout(soon, gate.login()).await.is_err());
    }

    #[tokio::test]
    async fn who_waits_is_told_at_once_that_the_gate_is_shut() {
        let slow = paced(Pace { apart: Some(Duration::from_secs(60)), at_once: Some(1), logins_at_once: Some(1) });
        slow.turns(1).await.expect("the first has its turn");
        let held = (slow.pass().await, slow.login().await);
        slow.limited(&limit("60"), Instant::now());
        let shut = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            slow.shut("it is over".to_owned());
        };
        let began = Instant::now();
        let (turn, pass, login, ()) = tokio::join!(slow.turns(1), slow.pass(), slow.login(), shut);
        let told = Some(Stopped::Shut("it is over".to_owned()));
        assert_eq!((turn.err(), pass.err(), login.err()), (told.clone(), told.clone(), told));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        drop(held);
    }

    #[tokio::test]
    async fn all_rest_when_one_is_told_to_and_none_does_any_more_where_the_gate_is_lifted() {
        let gate = Gate::default();
        gate.pass().await.expect("it is open");
        assert_eq!(gate.limited(&limit("1"), Instant::now()), Then::Rest);
        let began = Instant::now();
        join_all((0..5).map(|_| gate.pass())).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(900) && took < Duration::from_millis(1500), "{took:?}");
        assert_eq!((gate.rested().answers, gate.rested().held_back), (1, 5));

        gate.limited(&limit("60"), Instant::now());
        gate.lift();
        assert!(tokio::time::timeout(Duration::from_millis(100), gate.pass()).await.is_ok());
    }
}
