//! Tests of the limits.

use super::counts::{Counts, WINDOW, network};
use super::*;
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

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
fn account_after_ten_wrong_passwords_locks_out_strangers() {
    let (mut counts, now) = (Counts::default(), Instant::now());
    for address in 0..10 {
        assert_eq!(guess(&mut counts, &visitor("one", address), false, now), Ok(()));
    }
    assert!(guess(&mut counts, &visitor("one", 77), true, now).is_err());
    assert_eq!(guess(&mut counts, &visitor("other", 77), true, now), Ok(()));
    let device = Visitor { device_of: Some(Uuid::from_u128(1)), ..visitor("one", 77) };
    assert_eq!(guess(&mut counts, &device, true, now), Ok(()), "a device of the account");
    assert_eq!(guess(&mut counts, &visitor("one", 77), true, now + WINDOW), Ok(()), "the lock expires");
}

#[test]
fn right_password_clears_the_count() {
    let (mut counts, now) = (Counts::default(), Instant::now());
    for number in 0..40 {
        assert_eq!(guess(&mut counts, &visitor("one", 1), number % 5 == 4, now), Ok(()));
    }
}

#[test]
fn attempts_in_progress_count_as_wrong() {
    let (mut counts, now) = (Counts::default(), Instant::now());
    let keys = visitor("one", 1).keys();
    let begun = (0..200).filter(|_| counts.begin(&keys, now).is_ok()).count();
    assert_eq!(begun, 10);
}

#[test]
fn address_after_a_hundred_wrong_passwords_is_locked_out() {
    let (mut counts, now) = (Counts::default(), Instant::now());
    let tried = (0..300).filter(|number| guess(&mut counts, &visitor(&format!("u{number}"), 1), false, now).is_ok());
    assert_eq!(tried.count(), 100);
    assert_eq!(guess(&mut counts, &visitor("u0", 2), true, now), Ok(()), "another address");
}

#[test]
fn wrong_passwords_of_all_addresses_have_a_limit() {
    let (mut counts, now) = (Counts::default(), Instant::now());
    let tried = (0..3_000)
        .filter(|number| guess(&mut counts, &visitor(&format!("u{number}"), *number), false, now).is_ok())
        .count();
    assert_eq!(tried, 1_000);
    assert!(counts.0.len() <= 3_000, "the counts are bounded");
}

#[test]
fn ipv6_network_counts_as_one_address() {
    let network_of = |text: &str| network(text.parse().unwrap());
    assert_eq!(network_of("2001:db8:1:2:3::4"), network_of("2001:db8:1:2:ffff::"));
    assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    assert_eq!(network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"));
}

#[tokio::test]
async fn attempt_that_waits_too_long_is_rejected_as_busy() {
    let throttle = Arc::new(LoginThrottle { turn_timeout: Duration::from_millis(50), ..LoginThrottle::default() });
    let mut holding = Vec::new();
    while throttle.hashing.available_permits() > 0 {
        holding.push(throttle.attempt(&visitor(&holding.len().to_string(), 1)).await.unwrap());
    }
    let late = throttle.attempt(&visitor("late", 1)).await;
    assert_eq!(late.unwrap_err(), Refusal::Busy(RETRY_AFTER_SECONDS));
    let device = Visitor { device_of: Some(Uuid::from_u128(1)), ..visitor("late", 1) };
    assert!(throttle.attempt(&device).await.is_ok());
    holding.pop().unwrap().succeed();
    assert!(throttle.attempt(&visitor("late", 1)).await.is_ok());
}

#[tokio::test]
async fn attempt_whose_lookup_fails_is_not_counted() {
    let throttle = Arc::new(LoginThrottle::default());
    for _ in 0..20 {
        let attempt = throttle.attempt(&visitor("one", 1)).await.unwrap();
        assert_eq!(attempt.after(Err::<(), _>("no database")).unwrap_err(), "no database");
    }
    let mut wrong = 0;
    while let Ok(attempt) = throttle.attempt(&visitor("one", 1)).await {
        let (attempt, account) = attempt.after(Ok::<_, &str>("account")).unwrap();
        assert_eq!(account, "account");
        drop(attempt);
        wrong += 1;
    }
    assert_eq!(wrong, 10);
}
