//! Limits of signing in: how many passwords are hashed at once, and how many wrong ones an account, an address and all
//! together may have. Each server counts for itself.

mod counts;

pub use counts::Visitor;

use counts::{Counts, Key};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Maximum number of sign-ins in the queue.
const QUEUE: usize = 128;
/// Maximum wait of a sign-in in the queue.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds after which a client may retry when the queue is full.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Reason for rejecting an attempt, with the seconds after which to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many wrong passwords.
    TooMany(u64),
    /// Too many sign-ins at once.
    Busy(u64),
}

/// The limits of a server.
#[derive(Debug)]
pub struct LoginThrottle {
    counts: Mutex<Counts>,
    /// Permits to wait or hash.
    queue: Arc<Semaphore>,
    /// Permits to hash, which takes 19 MB each.
    hashing: Arc<Semaphore>,
    /// Devices that are signed in do not queue behind strangers.
    for_devices: Arc<Semaphore>,
    /// Maximum wait for a turn.
    turn_timeout: Duration,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        let hashing = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
        Self {
            counts: Mutex::default(),
            queue: Arc::new(Semaphore::new(QUEUE)),
            hashing: Arc::new(Semaphore::new(hashing)),
            for_devices: Arc::new(Semaphore::new(1)),
            turn_timeout: TURN_TIMEOUT,
        }
    }
}

impl LoginThrottle {
    /// Waits for a turn and counts the attempt before its result is available.
    pub async fn attempt(self: &Arc<Self>, visitor: &Visitor) -> Result<Attempt, Refusal> {
        let keys = visitor.keys();
        // A locked-out attempt does not use a slot.
        if let Some(wait) = self.counts().wait(&keys, Instant::now()) {
            return Err(Refusal::TooMany(seconds(wait)));
        }
        let turns = if visitor.device_of.is_some() { &self.for_devices } else { &self.hashing };
        let _queued = self.queue.try_acquire().map_err(|_| Refusal::Busy(RETRY_AFTER_SECONDS))?;
        let turn = timeout(self.turn_timeout, turns.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(Refusal::Busy(RETRY_AFTER_SECONDS))?;
        self.counts().begin(&keys, Instant::now()).map_err(|wait| Refusal::TooMany(seconds(wait)))?;
        Ok(Attempt { throttle: self.clone(), keys, turn: Some(turn), is_right: Some(false) })
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

/// Attempt in progress. Dropped, it counts as a wrong password, also when its request was given up.
#[derive(Debug)]
pub struct Attempt {
    throttle: Arc<LoginThrottle>,
    keys: Vec<Key>,
    turn: Option<OwnedSemaphorePermit>,
    is_right: Option<bool>,
}

impl Attempt {
    /// Takes the permit to hash. The caller holds it until the hash is done, even if the request was given up.
    pub fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        self.turn.take()
    }

    /// Ends the attempt with the right password.
    pub fn succeed(mut self) {
        self.is_right = Some(true);
    }

    /// Returns the value of a lookup that the attempt needs. An attempt whose lookup fails is not counted.
    pub fn after<T, E>(self, lookup: Result<T, E>) -> Result<(Self, T), E> {
        match lookup {
            Ok(value) => Ok((self, value)),
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// Ends the attempt without a result.
    pub fn give_up(mut self) {
        self.is_right = None;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.counts().end(&self.keys, self.is_right, Instant::now());
    }
}

#[cfg(test)]
mod tests;
