//! Connections to IndexedDB databases. Each is opened once in a page's life, and reopened where the browser has closed
//! it. It is closed for a newer version of the app that upgrades the database.

use crate::storage::error::{Result, StoreError};
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode};
use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::IdbTransaction;

/// The version of every database.
const VERSION: u32 = 1;
/// Attempts before an error is shown.
const ATTEMPTS: usize = 3;
/// The longest that an opening may take, in milliseconds.
const TIMEOUT: u32 = 20_000;

type Listener = Rc<dyn Fn(StoreError)>;

thread_local! {
    /// The open databases. Each opening leaks some memory (idb forgets its callbacks without freeing them), which would add up
    /// on a screen that runs for days.
    static OPEN: RefCell<BTreeMap<String, Rc<Database>>> = const { RefCell::new(BTreeMap::new()) };
    /// The databases whose opening waits for another tab to let go.
    static BLOCKED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Calls `listener` when a newer version of the app takes a database away from this page.
pub fn on_outdated(listener: impl Fn(StoreError) + 'static) {
    LISTENER.set(Some(Rc::new(listener)));
}

/// A database, whether or not it is open at the moment.
#[derive(Clone, Debug)]
pub struct Connection {
    name: String,
    stores: &'static [&'static str],
}

impl Connection {
    /// Opens a database and makes the stores that it lacks.
    pub async fn open(name: &str, stores: &'static [&'static str]) -> Result<Self> {
        let connection = Self { name: name.to_owned(), stores };
        connection.database().await?;
        Ok(connection)
    }

    /// Begins a transaction; opens the database again if the browser has closed it.
    pub async fn begin(&self, stores: &[&str], mode: TransactionMode) -> Result<Transaction> {
        let mut failed = StoreError::Closed;
        for _ in 0..ATTEMPTS {
            let database = self.database().await?;
            match database.transaction(stores, mode) {
                Ok(transaction) => return Ok(transaction),
                Err(error) => failed = error.into(),
            }
            forget(&self.name);
        }
        Err(failed)
    }

    async fn database(&self) -> Result<Rc<Database>> {
        if let Some(database) = OPEN.with_borrow(|open| open.get(&self.name).cloned()) {
            return Ok(database);
        }
        if BLOCKED.with_borrow(|blocked| blocked.contains(&self.name)) {
            return Err(StoreError::Blocked);
        }
        let mut request = Factory::new()?.open(&self.name, Some(VERSION))?;
        let stores = self.stores;
        request.on_upgrade_needed(move |event| {
            // What fails here makes the opening itself fail.
            if let Ok(database) = event.database() {
                for name in stores {
                    let _ = database.create_object_store(name, ObjectStoreParams::new());
                }
            }
        });
        let (sender, blocked) = oneshot::channel();
        request.on_blocked(move |_| {
            let _ = sender.send(());
        });
        let given_up = select(blocked, TimeoutFuture::new(TIMEOUT));
        match select(request.into_future(), given_up).await {
            Either::Left((Ok(database), _)) => Ok(keep(&self.name, database)),
            Either::Left((Err(error), _)) => Err(refused(error)),
            Either::Right((_, opening)) => {
                // It opens by itself once the other tab lets go.
                let name = self.name.clone();
                BLOCKED.with_borrow_mut(|blocked| blocked.insert(name.clone()));
                spawn_local(async move {
                    let opened = opening.await;
                    BLOCKED.with_borrow_mut(|blocked| blocked.remove(&name));
                    if let Ok(database) = opened {
                        keep(&name, database);
                    }
                });
                Err(StoreError::Blocked)
            }
        }
    }
}

/// Maps the error of a failed opening. Some browsers refuse storage to private windows only when it is opened.
fn refused(error: idb::Error) -> StoreError {
    let text = error.to_string();
    if ["InvalidStateError", "SecurityError"].iter().any(|name| text.contains(name)) {
        return StoreError::Refused;
    }
    error.into()
}

fn forget(name: &str) {
    OPEN.with_borrow_mut(|open| open.remove(name));
}

/// Keeps a database open until the browser or a newer version of the app ends that.
fn keep(name: &str, mut database: Database) -> Rc<Database> {
    if let Some(open) = OPEN.with_borrow(|open| open.get(name).cloned()) {
        // Somebody else has opened it meanwhile.
        database.close();
        return open;
    }
    let closed = name.to_owned();
    database.on_close(move |_| forget(&closed));
    let outdated = name.to_owned();
    database.on_version_change(move |event| {
        forget(&outdated);
        if let Some(database) = event.target().and_then(|target| Database::try_from(target).ok()) {
            // Whoever waits for it must not wait for ever.
            database.close();
        }
        // Without a new version the database is being deleted, and is made anew when it is next needed.
        let is_newer = Reflect::get(&event, &"newVersion".into()).is_ok_and(|version| version.as_f64().is_some());
        if is_newer && let Some(listener) = LISTENER.with_borrow(Clone::clone) {
            listener(StoreError::Outdated);
        }
    });
    // They may run when nobody holds the database any more.
    database.forget_callbacks();
    let database = Rc::new(database);
    OPEN.with_borrow_mut(|open| open.insert(name.to_owned(), database.clone()));
    database
}

/// Commits a transaction. After `Ok` all its writes are in the database; after an error none are.
pub async fn commit(transaction: Transaction) -> Result<()> {
    let transaction: IdbTransaction = transaction.into();
    let ended = Promise::new(&mut |done, failed| {
        transaction.set_oncomplete(Some(&done));
        transaction.set_onabort(Some(&failed));
    });
    let why = || match transaction.error() {
        Some(error) => StoreError::of(&format!("{}: {}", error.name(), error.message())),
        None => StoreError::Closed,
    };
    let commit = Reflect::get(&transaction, &"commit".into()).ok().and_then(|value| value.dyn_into::<Function>().ok());
    // A browser without it (Chrome before 76, Safari before 15) commits by itself.
    if let Some(commit) = commit {
        commit.call0(&transaction).map_err(|_| why())?;
    }
    JsFuture::from(ended).await.map_err(|_| why())?;
    Ok(())
}

/// Does the work of one transaction; does it again, a few times, where the browser has broken the transaction off.
pub async fn persistently<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    for _ in 1..ATTEMPTS {
        match pin!(work()).await {
            Err(StoreError::Closed) => TimeoutFuture::new(0).await,
            done => return done,
        }
    }
    work().await
}
