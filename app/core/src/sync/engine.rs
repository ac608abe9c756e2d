//! Sync engine: a state machine without I/O that turns events into actions for the driver.
//!
//! A round sends the outbox batch by batch, then pulls until the end of the feed. Outbox and cursor live in storage,
//! so an app that is closed at any step resumes from the stored state. The server detects repeated mutations by their
//! idempotency key.

use crate::rng::SeededRng;
use crate::sync::protocol::{Mutation, PullResponse, PushResult};
use crate::values::sort::collect_sorted;
use std::time::Duration;

/// Initial batch size; it doubles with each success and halves with each failure.
pub const FIRST_BATCH: usize = 16;
/// Maximum batch size, chosen for slow mobile connections.
pub const BATCH: usize = 256;
/// Initial back-off; it doubles with each further failure.
pub const FIRST_WAIT: Duration = Duration::from_secs(2);
/// Maximum back-off.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Event for the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// There may be work: the app opened, an entry was saved, or a change was announced.
    Wake,
    /// The user asked for a sync or the network came back: a back-off ends at once.
    SyncNow,
    /// The network is unavailable.
    Offline,
    /// The requested wait has ended.
    WaitOver,
    /// The oldest unsent mutations, at most as many as requested.
    OutboxRead(Vec<Mutation>),
    /// Response to a push.
    Pushed(Result<Vec<PushResult>, Failure>),
    /// The results are stored.
    PushStored,
    /// Response to a pull.
    Pulled(Result<PullResponse, Failure>),
    /// The records and the cursor are stored.
    PullStored,
    /// A storage operation failed.
    StorageFailed,
}

/// Reason why a request has no usable response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No complete response arrived. The server may have processed the request all the same.
    NoAnswer,
    /// The server is overloaded and may ask for a minimum wait.
    Busy(Option<Duration>),
    /// The session has expired.
    SignedOut,
    /// The batch exceeds the server's size limit.
    TooLarge,
    /// The server does not support this app version or rejects it.
    Refused,
}

/// Action for the driver. At most one is in progress at a time, apart from [`Output::Show`] and [`Output::Wait`].
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Read the oldest unsent mutations, at most `limit`.
    ReadOutbox {
        /// Maximum number of mutations.
        limit: usize,
    },
    /// Send these mutations.
    Push(Vec<Mutation>),
    /// In one transaction: move applied mutations from the outbox to the replica, and store the errors of rejected
    /// ones.
    StorePush(Vec<PushResult>),
    /// Pull the changes since the stored cursor.
    Pull,
    /// In one transaction: store the records in the replica, and the cursor.
    StorePull(PullResponse),
    /// Send [`Input::WaitOver`] after this time.
    Wait(Duration),
    /// Show the status to the user.
    Show(Status),
}

/// Sync status for display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Up to date.
    #[default]
    Idle,
    /// A push is in progress.
    Sending {
        /// First sequence number of the batch.
        first: u64,
        /// Last sequence number of the batch.
        last: u64,
    },
    /// A pull is in progress.
    Receiving {
        /// Position of the phone in the change feed; 0 until known.
        position: u64,
        /// Last position of the change feed.
        last: u64,
    },
    /// The network is unavailable.
    Offline,
    /// A request failed; a retry follows.
    Waiting,
    /// The user must sign in again.
    SignedOut,
    /// The app must be updated.
    Refused,
    /// Storage on the phone failed.
    StorageFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resting,
    Reading,
    Pushing,
    StoringPush,
    Pulling,
    StoringPull { more: bool },
}

/// State machine of the sync.
#[derive(Clone, Debug)]
pub struct Engine {
    phase: Phase,
    batch: usize,
    failures: u32,
    /// An event arrived during a round, so another round must follow.
    again: bool,
    sent: Vec<u64>,
    /// Position of the phone in the change feed, and the feed's last position.
    progress: (u64, u64),
    jitter: SeededRng,
}

impl Engine {
    /// Creates an idle engine. `seed` should differ from phone to phone: it spreads their retries.
    pub fn new(seed: u64) -> Self {
        Self {
            phase: Phase::Resting,
            batch: FIRST_BATCH,
            failures: 0,
            again: false,
            sent: Vec::new(),
            progress: (0, 0),
            jitter: SeededRng::new(seed),
        }
    }

    /// Handles an event and returns the actions to take.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match (self.phase, input) {
            (Phase::Resting, Input::Wake) if self.failures > 0 => Vec::new(),
            (Phase::Resting, Input::Wake | Input::WaitOver) => self.start(),
            (Phase::Resting, Input::SyncNow) => {
                self.failures = 0;
                self.start()
            }
            (Phase::Resting, Input::Offline) => vec![Output::Show(Status::Offline)],
            (_, Input::Wake | Input::SyncNow) => {
                self.again = true;
                Vec::new()
            }
            (Phase::Reading, Input::OutboxRead(mutations)) => self.push_or_pull(mutations),
            (Phase::Pushing, Input::Pushed(Ok(results))) => self.take_results(results),
            (Phase::StoringPush, Input::PushStored) => self.read_outbox(),
            (Phase::Pulling, Input::Pulled(Ok(pulled))) => {
                self.phase = Phase::StoringPull { more: pulled.more };
                self.progress = (pulled.position, pulled.last);
                vec![Output::StorePull(pulled)]
            }
            (Phase::StoringPull { more: true }, Input::PullStored) => self.pull(),
            (Phase::StoringPull { more: false }, Input::PullStored) => self.finish(),
            (Phase::Pushing, Input::Pushed(Err(failure))) | (Phase::Pulling, Input::Pulled(Err(failure))) => {
                self.fail(failure)
            }
            (_, Input::StorageFailed) => {
                let mut outputs = self.back_off(None);
                outputs.push(Output::Show(Status::StorageFailed));
                outputs
            }
            // Ignores late responses and timers. A request that loses the network fails by itself.
            _ => Vec::new(),
        }
    }

    fn start(&mut self) -> Vec<Output> {
        self.again = false;
        self.read_outbox()
    }

    fn read_outbox(&mut self) -> Vec<Output> {
        self.phase = Phase::Reading;
        vec![Output::ReadOutbox { limit: self.batch }]
    }

    fn push_or_pull(&mut self, mut mutations: Vec<Mutation>) -> Vec<Output> {
        mutations.truncate(self.batch);
        let (Some(first), Some(last)) = (mutations.first(), mutations.last()) else { return self.pull() };
        let status = Status::Sending { first: first.seq, last: last.seq };
        self.phase = Phase::Pushing;
        self.sent = collect_sorted(mutations.iter().map(|mutation| mutation.seq));
        vec![Output::Show(status), Output::Push(mutations)]
    }

    fn take_results(&mut self, mut results: Vec<PushResult>) -> Vec<Output> {
        results.retain(|result| self.sent.contains(&result.seq));
        if results.is_empty() {
            // A response without any requested result would resend the same batch forever.
            return self.fail(Failure::NoAnswer);
        }
        self.failures = 0;
        self.batch = (self.batch * 2).min(BATCH);
        self.phase = Phase::StoringPush;
        vec![Output::StorePush(results)]
    }

    fn pull(&mut self) -> Vec<Output> {
        self.phase = Phase::Pulling;
        let (position, last) = self.progress;
        vec![Output::Show(Status::Receiving { position, last }), Output::Pull]
    }

    fn finish(&mut self) -> Vec<Output> {
        self.failures = 0;
        if self.again {
            return self.start();
        }
        self.phase = Phase::Resting;
        vec![Output::Show(Status::Idle)]
    }

    fn fail(&mut self, failure: Failure) -> Vec<Output> {
        self.batch = (self.batch / 2).max(1);
        let (least, status) = match failure {
            Failure::NoAnswer | Failure::TooLarge => (None, Status::Waiting),
            Failure::Busy(least) => (least, Status::Waiting),
            Failure::SignedOut => (Some(LONGEST_WAIT), Status::SignedOut),
            Failure::Refused => (Some(LONGEST_WAIT), Status::Refused),
        };
        let mut outputs = self.back_off(least);
        outputs.push(Output::Show(status));
        outputs
    }

    /// Schedules a retry after exponential back-off with jitter between half and the full time.
    fn back_off(&mut self, least: Option<Duration>) -> Vec<Output> {
        self.phase = Phase::Resting;
        self.again = false;
        self.failures = self.failures.saturating_add(1);
        let doubled = FIRST_WAIT.saturating_mul(1 << (self.failures - 1).min(16)).min(LONGEST_WAIT);
        let wait = doubled.mul_f64(0.5 + 0.5 * self.jitter.fraction());
        vec![Output::Wait(wait.max(least.unwrap_or_default()))]
    }
}

#[cfg(test)]
mod tests;
