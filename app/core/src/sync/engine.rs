//! The phone's sync as a state machine without I/O: what has happened goes in, what is to be done comes out.
//!
//! A round sends the outbox batch by batch, then follows the cursor to the end. The outbox and the cursor live in
//! storage, not here: a phone that dies at any step starts again from what storage really holds, and the server tells
//! a mutation sent twice from a new one by its number.

use crate::fixtures::rng::SeededRng;
use crate::sync::protocol::{Mutation, PullResponse, PushResult};
use std::time::Duration;

/// The first batch of a line of unknown quality; it doubles with each success and halves with each failure.
pub const FIRST_BATCH: usize = 16;
/// The largest batch: about 100 KB, half a minute on 2G.
pub const BATCH: usize = 256;
/// The wait after the first failure; it doubles with each further one.
pub const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// There may be something to do: the app opened, an entry was saved, a change was announced.
    Wake,
    /// A person asked for it, or the network came back: a wait ends at once.
    SyncNow,
    /// The network is gone.
    Offline,
    /// The wait that was asked for is over.
    WaitOver,
    /// The oldest unsent mutations, as many as asked for, or all there are.
    OutboxRead(Vec<Mutation>),
    /// The server's answer to a push.
    Pushed(Result<Vec<PushResult>, Failure>),
    /// The results are in storage.
    PushStored,
    /// The server's answer to a pull.
    Pulled(Result<PullResponse, Failure>),
    /// The records and the cursor are in storage.
    PullStored,
    /// Storage did not do what was asked.
    StorageFailed,
}

/// Why there is no answer to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing, or nothing whole, came back. The server may have done it all the same.
    NoAnswer,
    /// The server asks to be left alone for a while.
    Busy(Option<Duration>),
    /// The session has ended.
    SignedOut,
    /// The batch is more than the server takes at once.
    TooLarge,
    /// The server does not understand this version of the app, or will not have it.
    Refused,
}

/// What is to be done. Of all but [`Output::Show`] and [`Output::Wait`] exactly one is under way at a time.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Read the oldest unsent mutations, at most `limit`.
    ReadOutbox {
        /// How many.
        limit: usize,
    },
    /// Send these.
    Push(Vec<Mutation>),
    /// In one transaction: take what was accepted out of the outbox and into the replica, and write down beside a
    /// refused mutation why.
    StorePush(Vec<PushResult>),
    /// Ask for what has changed since the stored cursor.
    Pull,
    /// In one transaction: put these into the replica, and the cursor.
    StorePull(PullResponse),
    /// Say [`Input::WaitOver`] after this time.
    Wait(Duration),
    /// Tell the person.
    Show(Status),
}

/// How it stands, for the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing to do.
    #[default]
    Idle,
    /// Mutations up to this number are on their way.
    Sending {
        /// The first number of the batch.
        first: u64,
        /// The last.
        last: u64,
    },
    /// News is on its way.
    Receiving {
        /// How far in the feed the phone is; 0 until it knows.
        position: u64,
        /// How long the feed is.
        last: u64,
    },
    /// The network is gone.
    Offline,
    /// The line failed; another try follows.
    Waiting,
    /// A person has to sign in again.
    SignedOut,
    /// The app has to be updated.
    Refused,
    /// The phone's storage failed.
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

/// The state machine.
#[derive(Clone, Debug)]
pub struct Engine {
    phase: Phase,
    batch: usize,
    failures: u32,
    /// Something happened during a round: another must follow.
    again: bool,
    sent: Vec<u64>,
    /// How far in the feed the phone is, and how long that is.
    progress: (u64, u64),
    jitter: SeededRng,
}

impl Engine {
    /// A machine at rest. `seed` is any number that differs from phone to phone: it spreads their tries.
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

    /// Takes what has happened and says what to do.
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
            // An answer that was given up on, a wait that was cut short, a network that goes away during a request,
            // which then fails by itself.
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
        self.sent = mutations.iter().map(|mutation| mutation.seq).collect();
        vec![Output::Show(status), Output::Push(mutations)]
    }

    fn take_results(&mut self, mut results: Vec<PushResult>) -> Vec<Output> {
        results.retain(|result| self.sent.contains(&result.seq));
        if results.is_empty() {
            // An answer about nothing that was asked would have the same batch sent for ever.
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

    /// Rests for a random half to whole of a time that doubles with each failure.
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
