//! Counts of wrong passwords. The caller passes the time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Duration for which wrong passwords count, from the first one.
pub(super) const WINDOW: Duration = Duration::from_secs(300);
/// Key under which wrong passwords are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// User name, for devices that are not signed in.
    Account(String),
    /// Account, for devices that are signed in to it: strangers cannot lock them out.
    Device(Uuid),
    /// Address, or IPv6 network.
    Address(IpAddr),
    /// All devices that are not signed in.
    AllStrangers,
}

impl Key {
    /// Returns the maximum number of wrong passwords.
    fn limit(&self) -> u32 {
        match self {
            Self::Account(_) | Self::Device(_) => 10,
            // A whole office may be behind one address.
            Self::Address(_) => 100,
            Self::AllStrangers => 1_000,
        }
    }

    /// Returns whether the right password clears the count.
    fn is_forgiven(&self) -> bool {
        matches!(self, Self::Account(_) | Self::Device(_))
    }
}

/// Origin of an attempt to sign in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Canonical user name.
    pub username: String,
    /// Address of the client.
    pub address: Option<IpAddr>,
    /// Account to which the device is already signed in.
    pub device_of: Option<Uuid>,
}

impl Visitor {
    pub(super) fn keys(&self) -> Vec<Key> {
        if let Some(account) = self.device_of {
            return vec![Key::Device(account)];
        }
        let address = self.address.map(|address| Key::Address(network(address)));
        [Key::Account(self.username.clone()), Key::AllStrangers].into_iter().chain(address).collect()
    }
}

/// Returns an IPv4 address, or the /64 of an IPv6 subscriber.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    wrong: u32,
    /// Attempts without a result yet.
    in_progress: u32,
    since: Instant,
}

/// Counts by key.
#[derive(Debug, Default)]
pub(super) struct Counts(pub(super) HashMap<Key, Count>);

impl Counts {
    /// Counts an attempt. The error is the time to wait instead.
    pub(super) fn begin(&mut self, keys: &[Key], now: Instant) -> Result<(), Duration> {
        self.0.retain(|_, count| count.in_progress > 0 || now.duration_since(count.since) < WINDOW);
        self.wait(keys, now).map_or(Ok(()), Err)?;
        for key in keys {
            let count = self.0.entry(key.clone()).or_insert(Count { wrong: 0, in_progress: 0, since: now });
            count.in_progress += 1;
        }
        Ok(())
    }

    /// Returns the time to wait, if any key is over its limit.
    pub(super) fn wait(&self, keys: &[Key], now: Instant) -> Option<Duration> {
        let wait = |key: &Key| {
            let count = self.0.get(key).filter(|count| count.wrong + count.in_progress >= key.limit())?;
            Some(WINDOW.saturating_sub(now.duration_since(count.since)))
        };
        keys.iter().filter_map(wait).max()
    }

    /// Ends a counted attempt; `is_right` is `None` without a result.
    pub(super) fn end(&mut self, keys: &[Key], is_right: Option<bool>, now: Instant) {
        for key in keys {
            let Some(count) = self.0.get_mut(key) else { continue };
            count.in_progress -= 1;
            if now.duration_since(count.since) >= WINDOW {
                (count.wrong, count.since) = (0, now);
            }
            match is_right {
                Some(true) if key.is_forgiven() => count.wrong = 0,
                Some(true) | None => {}
                Some(false) => count.wrong += 1,
            }
        }
    }
}
