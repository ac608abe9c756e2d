//! Acts that anybody can repeat without end, such as failed sign-ins. Equal acts within a minute take at most two rows of
//! the audit trail: the first one, and one with the number of the others.

use crate::db::audit::{Act, By, Object, note_all};
use crate::db::{Db, instant, now};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time for which equal acts are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// Distinct acts of people without a session within the window. Further ones are counted together.
const MOST_ANONYMOUS: usize = 60;
/// Interval at which the numbers are written.
const INTERVAL: Duration = Duration::from_secs(15);
/// Value of a row that was written later than its act: the time of the act.
const ACTED_AT: &str = "acted_at";
/// Origin of acts that are counted together.
const SEVERAL: &str = "several";

/// Acts that wait while the database takes no rows, such as on a full disk. Further ones are in the log only.
const MOST_UNWRITTEN: usize = 1_000;

/// Acts of the last minute. Each server counts for itself.
#[derive(Debug, Default)]
pub struct RepeatedActs {
    acts: Mutex<HashMap<String, Repeated>>,
    unwritten: Mutex<Vec<Act>>,
}

#[derive(Debug)]
struct Repeated {
    act: Act,
    since: Instant,
    /// Acts after the first one.
    further: u64,
}

impl RepeatedActs {
    /// Records an act, or counts it. The request succeeds also while the database takes no rows: the row is written later.
    pub async fn note(&self, db: &Db, act: Act) {
        let due = self.count(act, Instant::now());
        self.write(db, due).await;
    }

    /// Writes the numbers of ended windows, or of all of them, and rows that could not be written before.
    pub async fn write_numbers(&self, db: &Db, all: bool) {
        let mut due = std::mem::take(&mut *lock(&self.unwritten));
        due.extend(take_ended(&mut lock(&self.acts), Instant::now(), all));
        self.write(db, due).await;
    }

    async fn write(&self, db: &Db, due: Vec<Act>) {
        if due.is_empty() {
            return;
        }
        if let Err(error) = note_all(db, &due).await {
            tracing::error!(%error, "rows of the audit trail wait until the database takes them");
            self.keep(due);
        }
    }

    /// Keeps acts that could not be written, with the time of the act. Logs those above the limit.
    fn keep(&self, acts: Vec<Act>) {
        let mut unwritten = lock(&self.unwritten);
        for act in acts {
            if unwritten.len() >= MOST_UNWRITTEN {
                tracing::error!(?act, "an act is missing in the audit trail");
            } else if act.after.contains_key(ACTED_AT) {
                unwritten.push(act);
            } else {
                unwritten.push(act.with(ACTED_AT, instant(now())));
            }
        }
    }

    /// Writes the numbers of ended windows until the server ends.
    pub async fn run(&self, db: &Db, mut stopping: tokio::sync::watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
            self.write_numbers(db, false).await;
        }
    }

    /// Counts an act. Returns the acts to write now.
    fn count(&self, act: Act, now: Instant) -> Vec<Act> {
        let mut acts = lock(&self.acts);
        let mut due = take_ended(&mut acts, now, false);
        let is_anonymous = |act: &Act| act.by.account.is_none();
        let mut key = format!("{act:?}");
        let mut act = act;
        if is_anonymous(&act) && !acts.contains_key(&key) {
            let others = acts.values().filter(|repeated| is_anonymous(&repeated.act)).count();
            if others >= MOST_ANONYMOUS {
                act = Act::new(By::anonymous(SEVERAL), act.action, Object::none());
                key = format!("{act:?}");
            }
        }
        match acts.get_mut(&key) {
            Some(repeated) => repeated.further += 1,
            None => {
                due.push(act.clone());
                acts.insert(key, Repeated { act, since: now, further: 0 });
            }
        }
        due
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the acts whose window has ended. Returns those that were repeated, with their numbers.
fn take_ended(acts: &mut HashMap<String, Repeated>, now: Instant, all: bool) -> Vec<Act> {
    let ended = acts.extract_if(|_, repeated| all || now.duration_since(repeated.since) >= WINDOW);
    let repeated = ended.map(|(_, repeated)| repeated).filter(|repeated| repeated.further > 0);
    repeated.map(|Repeated { act, further, .. }| act.with("further", further)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::audit::Action;

    fn failure(origin: &str) -> Act {
        Act::new(By::anonymous(origin), Action::SignInFailed, Object::none())
    }

    #[test]
    fn equal_acts_of_a_minute_take_two_rows() {
        let (acts, start) = (RepeatedActs::default(), Instant::now());
        assert_eq!(acts.count(failure("a"), start), [failure("a")]);
        for _ in 0..500 {
            assert_eq!(acts.count(failure("a"), start + WINDOW / 2), []);
        }
        let later = acts.count(failure("a"), start + WINDOW);
        assert_eq!(later, [failure("a").with("further", 500), failure("a")]);
        assert_eq!(acts.count(failure("b"), start + WINDOW * 2), [failure("b")], "one act alone has no number");
    }

    #[test]
    fn distinct_acts_of_strangers_are_bounded() {
        let (acts, start) = (RepeatedActs::default(), Instant::now());
        let written: usize = (0..1_000).map(|at| acts.count(failure(&at.to_string()), start).len()).sum();
        assert_eq!(written, MOST_ANONYMOUS + 1);
        let numbers = take_ended(&mut lock(&acts.acts), start, true);
        assert_eq!(numbers, [failure(SEVERAL).with("further", 1_000 - MOST_ANONYMOUS as u64 - 1)]);
    }

    #[test]
    fn unwritten_acts_keep_their_time_and_are_bounded() {
        let acts = RepeatedActs::default();
        acts.keep(vec![failure("a"); MOST_UNWRITTEN - 1]);
        let first = lock(&acts.unwritten)[0].clone();
        assert!(first.after.contains_key(ACTED_AT));
        acts.keep(vec![first.clone(), failure("b")]);
        let unwritten = lock(&acts.unwritten);
        assert_eq!((unwritten.len(), unwritten.last()), (MOST_UNWRITTEN, Some(&first)));
    }
}
