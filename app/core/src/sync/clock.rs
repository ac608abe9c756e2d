//! What time it is on a phone whose own clock may stand in 1970 after a change of battery: each answer of the server says
//! what the server's clock shows.

use serde::{Deserialize, Serialize};

/// A smaller difference is the answer's way, in milliseconds.
const NOTICED: i64 = 120_000;

/// By how much the server's clock is ahead of the phone's, as far as the phone has heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// In milliseconds.
    ahead: i64,
}

impl Clock {
    /// Learns from an answer; both times in milliseconds since 1970. True where it has changed.
    pub fn learn(&mut self, server: i64, phone: i64) -> bool {
        let ahead = server.saturating_sub(phone);
        if ahead.abs_diff(self.ahead) <= NOTICED.unsigned_abs() {
            return false;
        }
        self.ahead = if ahead.abs() <= NOTICED { 0 } else { ahead };
        true
    }

    /// The time, when the phone's clock shows `phone`.
    pub fn now(self, phone: i64) -> i64 {
        phone.saturating_add(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_phone_in_1970_learns_what_day_it_is_and_forgets_when_its_clock_is_set() {
        let (server, mut clock) = (1_795_000_000_000, Clock::default());
        assert!(clock.learn(server, 5_000));
        assert_eq!(clock.now(65_000), server + 60_000);
        assert!(!clock.learn(server + 60_000, 65_500), "half a second is the answer's way");
        assert!(clock.learn(server, server - 1_000));
        assert_eq!(clock.now(server), server);
    }

    proptest! {
        #[test]
        fn what_it_shows_is_near_what_the_server_shows(server in 0..4e12 as i64, phone in 0..4e12 as i64, way in 0..60_000_i64) {
            let mut clock = Clock::default();
            clock.learn(server, phone + way);
            prop_assert!(clock.now(phone + way).abs_diff(server) <= NOTICED.unsigned_abs());
        }
    }
}
