//! How a photo gets over a line that breaks, without I/O: piece by piece, each as large as the line has borne so far, and after
//! a break from where the server says that it is.

use crate::fixtures::rng::SeededRng;
use std::time::Duration;

/// The first piece, in bytes: some seconds on 2G.
pub const FIRST_PIECE: u64 = 16 << 10;
/// The smallest piece.
pub const SMALLEST_PIECE: u64 = 4 << 10;
/// The largest piece.
pub const LARGEST_PIECE: u64 = 256 << 10;
/// After so many failures without a byte in between, the photo waits for the next round of the sync.
pub const MAX_RETRIES: u32 = 6;
/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask how much of it is there.
    Ask,
    /// Send the bytes from the first up to, not including, the second.
    Send(u64, u64),
    /// All of it is there.
    Done,
    /// The server will never have it.
    Refused,
    /// The line is too bad for now.
    GiveUp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is stored, whole.
    Stored,
    /// So many bytes are there.
    There(u64),
    /// No answer, or one that says to come later. What was sent may have arrived all the same.
    Nothing,
    /// It is not what the server takes.
    Refused,
}

/// The upload of one photo.
#[derive(Clone, Debug)]
pub struct Upload {
    size: u64,
    /// How much is there, as the server last said.
    there: Option<u64>,
    piece: u64,
    failures: u32,
    ended: Option<Step>,
    jitter: SeededRng,
}

impl Upload {
    /// One of `size` bytes, of which nobody knows yet how much is there. `seed` spreads the tries of many phones.
    pub fn new(size: u64, seed: u64) -> Self {
        Self { size, there: None, piece: FIRST_PIECE, failures: 0, ended: None, jitter: SeededRng::new(seed) }
    }

    /// What is to be done next.
    pub fn step(&self) -> Step {
        match (self.ended, self.there) {
            (Some(ended), _) => ended,
            (None, None) => Step::Ask,
            (None, Some(there)) => Step::Send(there, (there + self.piece).min(self.size)),
        }
    }

    /// Takes what came of the step; how long to wait before the next, if at all.
    pub fn hear(&mut self, heard: Heard) -> Option<Duration> {
        match heard {
            Heard::Stored => self.ended = Some(Step::Done),
            Heard::Refused => self.ended = Some(Step::Refused),
            Heard::There(there) if there < self.size && self.there.is_none_or(|before| there > before) => {
                if self.there.is_some() {
                    self.failures = 0;
                    self.piece = (self.piece * 2).min(LARGEST_PIECE);
                }
                self.there = Some(there);
            }
            // Less than before, or all bytes but not the photo: a part was lost or spoilt, and is sent anew.
            Heard::There(there) => {
                self.there = Some(if there < self.size { there } else { 0 });
                return self.fail();
            }
            Heard::Nothing => {
                self.there = None;
                return self.fail();
            }
        }
        None
    }

    fn fail(&mut self) -> Option<Duration> {
        self.failures += 1;
        self.piece = (self.piece / 2).max(SMALLEST_PIECE);
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

    /// A server behind a line that bears so many bytes before it breaks.
    fn run(size: u64, mut breaks: impl FnMut() -> u64, rounds: usize) -> (Step, u64, u64) {
        let (mut stored, mut sent) = (0_u64, 0);
        for round in 0..rounds {
            let mut upload = Upload::new(size, round as u64);
            let mut left = breaks();
            loop {
                let heard = match upload.step() {
                    Step::Ask if left == 0 => Heard::Nothing,
                    Step::Ask => Heard::There(stored),
                    Step::Send(from, to) => {
                        assert!(from <= stored && to <= size && from < to, "only what follows is sent");
                        let bytes = to - from;
                        sent += bytes.min(left);
                        if bytes > left {
                            left = 0;
                            Heard::Nothing
                        } else {
                            left -= bytes;
                            stored = to;
                            // The answer may be lost after the work is done.
                            match (left == 0, stored == size) {
                                (true, _) => Heard::Nothing,
                                (false, true) => Heard::Stored,
                                (false, false) => Heard::There(stored),
                            }
                        }
                    }
                    Step::GiveUp => break,
                    end => return (end, stored, sent),
                };
                let heard = if stored == size && heard == Heard::There(size) { Heard::Stored } else { heard };
                if upload.hear(heard).is_some() {
                    left = breaks();
                }
            }
        }
        (Step::GiveUp, stored, sent)
    }

    #[test]
    fn a_photo_gets_over_a_line_that_breaks_every_50_kilobytes_with_little_sent_twice() {
        let (end, stored, sent) = run(300_000, || 50_000, 10);
        assert_eq!((end, stored), (Step::Done, 300_000));
        assert!(sent < 600_000, "{sent} bytes were sent");
    }

    #[test]
    fn a_refusal_ends_it_and_a_dead_line_makes_it_wait() {
        let mut upload = Upload::new(10, 1);
        assert_eq!(upload.step(), Step::Ask);
        assert_eq!(upload.hear(Heard::There(0)), None);
        assert_eq!(upload.step(), Step::Send(0, 10));
        upload.hear(Heard::Refused);
        assert_eq!(upload.step(), Step::Refused);
        let mut upload = Upload::new(10, 1);
        let waits: Vec<_> = (0..MAX_RETRIES).map(|_| upload.hear(Heard::Nothing)).collect();
        assert_eq!((upload.step(), waits.last()), (Step::GiveUp, Some(&None)));
        assert!(waits[0] < waits[2] && waits[0].is_some());
    }

    proptest! {
        #[test]
        fn any_line_that_now_and_then_bears_a_smallest_piece_brings_it_over(
            size in 1_u64..2_000_000, breaks in proptest::collection::vec(0_u64..120_000, 1..40),
        ) {
            let mut number = 0;
            let next = || {
                number += 1;
                if number % 3 == 0 { SMALLEST_PIECE + 1 } else { breaks[number % breaks.len()] }
            };
            let (end, stored, _) = run(size, next, 2_000);
            prop_assert_eq!((end, stored), (Step::Done, size));
        }
    }
}
