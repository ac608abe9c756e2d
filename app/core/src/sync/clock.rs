//! Estimates the server's time on a device whose clock may be wrong. Each server response carries the server's clock.

use serde::{Deserialize, Serialize};

/// Smaller differences, in milliseconds, are treated as network latency.
const TOLERANCE: i64 = 120_000;

/// Offset of the server's clock from the device clock, taken from the latest server response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Offset in milliseconds; positive when the server is ahead.
    ahead: i64,
}

impl Clock {
    /// Updates the offset from a response. Both times are in milliseconds since 1970. Returns whether the offset
    /// changed.
    pub fn learn(&mut self, server: i64, phone: i64) -> bool {
        let ahead = server.saturating_sub(phone);
        if ahead.abs_diff(self.ahead) <= TOLERANCE.unsigned_abs() {
            return false;
        }
        self.ahead = if ahead.abs() <= TOLERANCE { 0 } else { ahead };
        true
    }

    /// Returns the corrected time in milliseconds when the device clock shows `phone`.
    pub fn now(self, phone: i64) -> i64 {
        phone.saturating_add(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn learn_corrects_wrong_clock_and_resets_once_it_is_right() {
        let (server, mut clock) = (1_795_000_000_000, Clock::default());
        assert!(clock.learn(server, 5_000));
        assert_eq!(clock.now(65_000), server + 60_000);
        assert!(!clock.learn(server + 60_000, 65_500), "half a second is the answer's way");
        assert!(clock.learn(server, server - 1_000));
        assert_eq!(clock.now(server), server);
    }

    proptest! {
        #[test]
        fn now_is_within_tolerance_of_server_time(server in 0..4e12 as i64, phone in 0..4e12 as i64, round_trip in 0..60_000_i64) {
            let mut clock = Clock::default();
            clock.learn(server, phone + round_trip);
            prop_assert!(clock.now(phone + round_trip).abs_diff(server) <= TOLERANCE.unsigned_abs());
        }
    }
}
