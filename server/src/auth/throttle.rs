//! Limits of signing in: how many passwords are hashed at once, and how many wrong ones an account, an address and all
//! together may have. Each server counts for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

/// How long wrong passwords count, from the first of them.
const WINDOW: Duration = Duration::from_secs(300);
/// Sign-ins that may wait for their turn.
const QUEUE: usize = 128;
/// How long each of them waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// The seconds after which to come again when too many wait.
const COME_AGAIN: u64 = 5;

/// Key under which wrong passwords are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// A user name's, by strangers.
    Account(String),
    /// An account's, by a device that is signed in to it: strangers cannot lock it out.
    Device(Uuid),
    /// An address's, or an IPv6 network's.
    Address(IpAddr),
    /// All strangers'.
    Everybody,
}

impl Key {
    /// How many wrong passwords there may be.
    fn limit(&self) -> u32 {
        match self {
            Self::Account(_) | Self::Device(_) => 10,
            // A whole office may be behind one address.
            Self::Address(_) => 100,
            Self::Everybody => 1_000,
        }
    }

    /// Whether the right password clears the count.
    fn is_forgiven(&self) -> bool {
        matches!(self, Self::Account(_) | Self::Device(_))
    }
}

/// Origin of an attempt to sign in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The user name in its one spelling.
    pub username: String,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// The account, where the device is already signed in to it.
    pub device_of: Option<Uuid>,
}

impl Visitor {
    fn keys(&self) -> Vec<Key> {
        if let Some(account) = self.device_of {
            return vec![Key::Device(account)];
        }
        let address = self.address.map(|address| Key::Address(network(address)));
        [Key::Account(self.username.clone()), Key::Everybody].into_iter().chain(address).collect()
    }
}

/// An IPv4 address, or the /64 that a single subscriber has of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

#[derive(Clone, Copy, Debug)]
struct Count {
    wrong: u32,
    /// Counted before it is known whether they are right.
    under_way: u32,
    since: Instant,
}

/// The counts, without a clock of their own.
#[derive(Debug, Default)]
struct Counts(HashMap<Key, Count>);

impl Counts {
    /// Counts an attempt; an error is how long to wait instead.
    fn begin(&mut self, keys: &[Key], now: Instant) -> Result<(), Duration> {
        self.0.retain(|_, count| count.under_way > 0 || now.duration_since(count.since) < WINDOW);
        self.wait(keys, now).map_or(Ok(()), Err)?;
        for key in keys {
            let count = self.0.entry(key.clone()).or_insert(Count { wrong: 0, under_way: 0, since: now });
            count.under_way += 1;
        }
        Ok(())
    }

    /// How long somebody has to wait.
    fn wait(&self, keys: &[Key], now: Instant) -> Option<Duration> {
        let wait = |key: &Key| {
            let count = self.0.get(key).filter(|count| count.wrong + count.under_way >= key.limit())?;
            Some(WINDOW.saturating_sub(now.duration_since(count.since)))
        };
        keys.iter().filter_map(wait).max()
    }

    /// Ends an attempt that was counted; `None` where it was never found out whether it was right.
    fn end(&mut self, keys: &[Key], is_right: Option<bool>, now: Instant) {
        for key in keys {
            let Some(count) = self.0.get_mut(key) else { continue };
            count.under_way -= 1;
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

/// Why nobody may sign in just now, and after how many seconds to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many wrong passwords.
    TooMany(u64),
    /// Too many are signing in.
    Busy(u64),
}

/// The limits of a server.
#[derive(Debug)]
pub struct LoginThrottle {
    counts: Mutex<Counts>,
    /// How many may wait or hash.
    queue: Arc<Semaphore>,
    /// How many may hash: each takes 19 MB meanwhile.
    hashing: Arc<Semaphore>,
    /// Devices that are signed in do not queue behind strangers.
    for_devices: Arc<Semaphore>,
    /// How long each waits for its turn.
    patience: Duration,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        let hashing = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
        Self {
            counts: Mutex::default(),
            queue: Arc::new(Semaphore::new(QUEUE)),
            hashing: Arc::new(Semaphore::new(hashing)),
            for_devices: Arc::new(Semaphore::new(1)),
            patience: PATIENCE,
        }
    }
}

impl LoginThrottle {
    /// Waits for a turn and counts the attempt before its result is available.
    pub async fn attempt(self: &Arc<Self>, visitor: &Visitor) -> Result<Attempt, Refusal> {
        let keys = visitor.keys();
        // Who has to wait anyway takes nobody's turn.
        if let Some(wait) = self.counts().wait(&keys, Instant::now()) {
            return Err(Refusal::TooMany(seconds(wait)));
        }
        let turns = if visitor.device_of.is_some() { &self.for_devices } else { &self.hashing };
        let _queued = self.queue.try_acquire().map_err(|_| Refusal::Busy(COME_AGAIN))?;
        let turn = timeout(self.patience, turns.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(Refusal::Busy(COME_AGAIN))?;
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

/// An attempt under way. Dropped, it was a wrong password, also when its request was given up.
#[derive(Debug)]
pub struct Attempt {
    throttle: Arc<LoginThrottle>,
    keys: Vec<Key>,
    turn: Option<OwnedSemaphorePermit>,
    is_right: Option<bool>,
}

impl Attempt {
    /// The turn to hash, to be held until the hash is done even if nobody waits for it any more.
    pub fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        self.turn.take()
    }

    /// The password was right.
    pub fn succeed(mut self) {
        self.is_right = Some(true);
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
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn visitor(username: &str, address: u32) -> Visitor {
        let address = Some(IpAddr::V4(Ipv4Addr::from_bits(address)));
        Visitor { username: username.to_owned(), address, device_of: None }
    }

    fn guess(counts: &mut Counts, visitor: &Visitor, is_right: bool, now: Instant) -> Result<(), Duration> {
        counts.begin(&visitor.keys(), now)?;
        counts.end(&visitor.keys(), Some(is_right), now);
        Ok(())
    }

    #[test]
    fn ten_wrong_passwords_lock_the_account_for_strangers_alone() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        for address in 0..10 {
            assert_eq!(guess(&mut counts, &visitor("one", address), false, now), Ok(()));
        }
        assert!(guess(&mut counts, &visitor("one", 77), true, now).is_err());
        assert_eq!(guess(&mut counts, &visitor("other", 77), true, now), Ok(()));
        let device = Visitor { device_of: Some(Uuid::from_u128(1)), ..visitor("one", 77) };
        assert_eq!(guess(&mut counts, &device, true, now), Ok(()), "the rightful person's own device");
        assert_eq!(guess(&mut counts, &visitor("one", 77), true, now + WINDOW), Ok(()), "the lock ends by itself");
    }

    #[test]
    fn the_right_password_clears_what_was_wrong_before() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        for number in 0..40 {
            assert_eq!(guess(&mut counts, &visitor("one", 1), number % 5 == 4, now), Ok(()));
        }
    }

    #[test]
    fn attempts_under_way_count_before_they_are_known_to_be_wrong() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        let keys = visitor("one", 1).keys();
        let begun = (0..200).filter(|_| counts.begin(&keys, now).is_ok()).count();
        assert_eq!(begun, 10);
    }

    #[test]
    fn one_address_cannot_try_a_password_on_all_names() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        let tried =
            (0..300).filter(|number| guess(&mut counts, &visitor(&format!("u{number}"), 1), false, now).is_ok());
        assert_eq!(tried.count(), 100);
        assert_eq!(guess(&mut counts, &visitor("u0", 2), true, now), Ok(()), "others are not concerned");
    }

    #[test]
    fn many_addresses_cannot_either() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        let tried = (0..3_000)
            .filter(|number| guess(&mut counts, &visitor(&format!("u{number}"), *number), false, now).is_ok())
            .count();
        assert_eq!(tried, 1_000);
        assert!(counts.0.len() <= 3_000, "what is counted is bounded");
    }

    #[test]
    fn an_ipv6_subscriber_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_turn_is_told_to_come_again() {
        let throttle = Arc::new(LoginThrottle { patience: Duration::from_millis(50), ..LoginThrottle::default() });
        let mut holding = Vec::new();
        while throttle.hashing.available_permits() > 0 {
            holding.push(throttle.attempt(&visitor(&holding.len().to_string(), 1)).await.unwrap());
        }
        let late = throttle.attempt(&visitor("late", 1)).await;
        assert_eq!(late.unwrap_err(), Refusal::Busy(COME_AGAIN));
        let device = Visitor { device_of: Some(Uuid::from_u128(1)), ..visitor("late", 1) };
        assert!(throttle.attempt(&device).await.is_ok());
        holding.pop().unwrap().succeed();
        assert!(throttle.attempt(&visitor("late", 1)).await.is_ok());
    }
}
