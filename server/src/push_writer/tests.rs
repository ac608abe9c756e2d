//! Tests of the writer with a database that fails.

// The faults of these tests are panics.
#![allow(clippy::panic)]

use super::work::Written;
use super::*;
use crate::db::audit::By;
use futures::future::BoxFuture;

use jiedui_core::access::user::{Role, Scope, User};
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// A client whose pushes panic.
const HOSTILE: Uuid = Uuid::from_u128(0xbad);

/// Database that fails as a test requires.
#[derive(Default)]
struct Faulty {
    published: Arc<Lock<Vec<i64>>>,
    is_full: Arc<AtomicBool>,
}

impl Work for Faulty {
    fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert!(pushes.iter().all(|push| push.client != HOSTILE), "attempt to add with overflow");
            Ok((pushes.iter().map(|_| Vec::new()).collect(), Some(i64::try_from(pushes.len()).unwrap())))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(async { if self.is_full.load(Ordering::SeqCst) { Err(DbError::Stopped) } else { Ok(()) } })
    }

    fn publish(&self, change: i64) {
        self.published.lock().unwrap().push(change);
    }

    fn empty_log(&self) -> BoxFuture<'_, Result<bool, DbError>> {
        Box::pin(async { Ok(true) })
    }

    fn checkpoint(&self) -> JoinHandle<()> {
        tokio::spawn(async {})
    }
}

fn push_by(client: Uuid) -> Push {
    let scope = Scope { places: Vec::new(), programmes: Vec::new() };
    let actor = User {
        id: Uuid::nil(),
        username: String::new(),
        name: String::new(),
        role: Role::Recorder,
        scope,
        verifies_own: false,
    };
    Push {
        actor,
        client,
        mutations: Vec::new(),
        last_day: time::Date::MAX,
        whole: false,
        by: By::command_line(),
        act: None,
    }
}

#[tokio::test]
async fn writer_survives_panic_and_fails_that_push_alone() {
    let (_stop, stopping) = watch::channel(false);
    let work = Faulty::default();
    let published = work.published.clone();
    let writer = PushWriter::start_with(&Supervisor::new(stopping), work);
    let (first, hostile, second) = tokio::join!(
        writer.push(push_by(Uuid::from_u128(1))),
        writer.push(push_by(HOSTILE)),
        writer.push(push_by(Uuid::from_u128(2)))
    );
    assert!(matches!(hostile, Err(DbError::Panicked(_))), "{hostile:?}");
    assert!(first.is_ok() && second.is_ok());
    assert!(writer.push(push_by(Uuid::from_u128(3))).await.is_ok(), "the writer goes on");
    assert_eq!(published.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn can_write_is_false_until_writing_succeeds() {
    let (_stop, stopping) = watch::channel(false);
    let work = Faulty::default();
    let is_full = work.is_full.clone();
    is_full.store(true, Ordering::SeqCst);
    let writer = PushWriter::start_with(&Supervisor::new(stopping), work);
    assert!(!writer.can_write().await);
    is_full.store(false, Ordering::SeqCst);
    assert!(writer.can_write().await);
}
