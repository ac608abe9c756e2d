//! Resumable upload of a photo in chunks, as a state machine without I/O. The chunk size adapts to the connection;
//! after a failure the upload resumes at the server's offset.

use crate::rng::SeededRng;
use std::time::Duration;

/// Initial chunk size in bytes.
pub const FIRST_CHUNK: u64 = 16 << 10;
/// Minimum chunk size in bytes.
pub const MIN_CHUNK: u64 = 4 << 10;
/// Maximum chunk size in bytes.
pub const MAX_CHUNK: u64 = 256 << 10;
/// Consecutive failures without progress after which the photo waits for the next sync round.
pub const MAX_RETRIES: u32 = 6;
/// Initial back-off; it doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Next action of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the server for the number of bytes received.
    Ask,
    /// Send this range of bytes; the end is exclusive.
    Send(u64, u64),
    /// The server has the whole photo.
    Done,
    /// The server rejected the photo for good.
    Refused,
    /// The connection is too unreliable for now.
    GiveUp,
}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadResult {
    /// The whole photo is stored.
    Stored,
    /// The server has received this number of bytes.
    Received(u64),
    /// No response, or a request to retry later. The bytes may have arrived all the same.
    NoResponse,
    /// The server rejected the photo.
    Refused,
}

/// Upload of one photo.
#[derive(Clone, Debug)]
pub struct Upload {
    size: u64,
    /// Number of bytes that the server last reported.
    received: Option<u64>,
    chunk: u64,
    failures: u32,
    ended: Option<Step>,
    jitter: SeededRng,
}

impl Upload {
    /// Creates an upload of `size` bytes with an unknown server offset. `seed` spreads the retries of many phones.
    pub fn new(size: u64, seed: u64) -> Self {
        Self { size, received: None, chunk: FIRST_CHUNK, failures: 0, ended: None, jitter: SeededRng::new(seed) }
    }

    /// Returns the next action.
    pub fn step(&self) -> Step {
        match (self.ended, self.received) {
            (Some(ended), _) => ended,
            (None, None) => Step::Ask,
            (None, Some(received)) => Step::Send(received, (received + self.chunk).min(self.size)),
        }
    }

    /// Handles the result of a step. Returns the wait before the next step, if any.
    pub fn handle(&mut self, result: UploadResult) -> Option<Duration> {
        match result {
            UploadResult::Stored => self.ended = Some(Step::Done),
            UploadResult::Refused => self.ended = Some(Step::Refused),
            UploadResult::Received(received)
                if received < self.size && self.received.is_none_or(|before| received > before) =>
            {
                if self.received.is_some() {
                    self.failures = 0;
                    self.chunk = (self.chunk * 2).min(MAX_CHUNK);
                }
                self.received = Some(received);
            }
            // Fewer bytes than before, or all bytes without the photo stored: data was lost or corrupted and is sent
            // again.
            UploadResult::Received(received) => {
                self.received = Some(if received < self.size { received } else { 0 });
                return self.fail();
            }
            UploadResult::NoResponse => {
                self.received = None;
                return self.fail();
            }
        }
        None
    }

    fn fail(&mut self) -> Option<Duration> {
        self.failures += 1;
        self.chunk = (self.chunk / 2).max(MIN_CHUNK);
        if self.failures >= MAX_RETRIES {
            self.ended = Some(Step::GiveUp);
            return None;
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << (self.failures - 1));
        Some(doubled.mul_f64(0.5 + 0.5 * self.jitter.fraction()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Simulates a server behind a connection that breaks after `breaks()` bytes.
    fn run(size: u64, mut breaks: impl FnMut() -> u64, rounds: usize) -> (Step, u64, u64) {
        let (mut stored, mut sent) = (0_u64, 0);
        for round in 0..rounds {
            let mut upload = Upload::new(size, round as u64);
            let mut left = breaks();
            loop {
                let result = match upload.step() {
                    Step::Ask if left == 0 => UploadResult::NoResponse,
                    Step::Ask => UploadResult::Received(stored),
                    Step::Send(from, to) => {
                        assert!(from <= stored && to <= size && from < to, "only what follows is sent");
                        let bytes = to - from;
                        sent += bytes.min(left);
                        if bytes > left {
                            left = 0;
                            UploadResult::NoResponse
                        } else {
                            left -= bytes;
                            stored = to;
                            // The response may be lost after the chunk was stored.
                            match (left == 0, stored == size) {
                                (true, _) => UploadResult::NoResponse,
                                (false, true) => UploadResult::Stored,
                                (false, false) => UploadResult::Received(stored),
                            }
                        }
                    }
                    Step::GiveUp => break,
                    end => return (end, stored, sent),
                };
                let result = if stored == size && result == UploadResult::Received(size) {
                    UploadResult::Stored
                } else {
                    result
                };
                if upload.handle(result).is_some() {
                    left = breaks();
                }
            }
        }
        (Step::GiveUp, stored, sent)
    }

    #[test]
    fn upload_resumes_without_resending_much() {
        let (end, stored, sent) = run(300_000, || 50_000, 10);
        assert_eq!((end, stored), (Step::Done, 300_000));
        assert!(sent < 600_000, "{sent} bytes were sent");
    }

    #[test]
    fn upload_stops_on_rejection_and_backs_off_offline() {
        let mut upload = Upload::new(10, 1);
        assert_eq!(upload.step(), Step::Ask);
        assert_eq!(upload.handle(UploadResult::Received(0)), None);
        assert_eq!(upload.step(), Step::Send(0, 10));
        upload.handle(UploadResult::Refused);
        assert_eq!(upload.step(), Step::Refused);
        let mut upload = Upload::new(10, 1);
        let waits: Vec<_> = (0..MAX_RETRIES).map(|_| upload.handle(UploadResult::NoResponse)).collect();
        assert_eq!((upload.step(), waits.last()), (Step::GiveUp, Some(&None)));
        assert!(waits[0] < waits[2] && waits[0].is_some());
    }

    proptest! {
        #[test]
        fn upload_completes_if_min_chunks_sometimes_pass(
            size in 1_u64..2_000_000, breaks in proptest::collection::vec(0_u64..120_000, 1..40),
        ) {
            let mut number = 0;
            let next = || {
                number += 1;
                if number % 3 == 0 { MIN_CHUNK + 1 } else { breaks[number % breaks.len()] }
            };
            let (end, stored, _) = run(size, next, 2_000);
            prop_assert_eq!((end, stored), (Step::Done, size));
        }
    }
}
