//! Connections to IndexedDB databases. Each is opened once in a page's life, and reopened where the browser has closed
//! it. It is closed for a newer version of the app that upgrades the database.

use crate::storage::error::{Result, StoreError};
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use idb::event::VersionChangeEvent;
use idb::{Database, DatabaseEvent, Event, Factory, ObjectStoreParams, Request, Transaction, TransactionMode};
use js_sys::{Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::rc::Rc;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::IdbTransaction;

/// Step of an upgrade for a person's database: the person, the upgrade's transaction, and the version before.
pub type Upgrade = fn(Uuid, Transaction, u32);

/// Layout of a database: its version, its stores, and the upgrade of its indexes and rows. The upgrade is a pointer, so that the
/// program of the first screen does not contain it.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Version.
    pub version: u32,
    /// Stores.
    pub stores: &'static [&'static str],
    /// Upgrade with the person whose database it is; `None` where the stores are everything.
    pub upgrade: Option<(Uuid, Upgrade)>,
}

impl Layout {
    /// Returns the layout of a database without indexes.
    pub const fn plain(stores: &'static [&'static str]) -> Self {
        Self { version: 1, stores, upgrade: None }
    }
}

/// Attempts before an error is shown.
const ATTEMPTS: usize = 3;
/// Maximum time to open a database, in milliseconds.
const TIMEOUT: u32 = 20_000;

type Listener = Rc<dyn Fn(StoreError)>;

thread_local! {
    /// The open databases. Each opening leaks some memory (idb forgets its callbacks without freeing them), which would add up
    /// on a screen that runs for days.
    static OPEN: RefCell<BTreeMap<String, Rc<Database>>> = const { RefCell::new(BTreeMap::new()) };
    /// The databases whose opening waits for another tab to close its connection.
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
    layout: Layout,
}

impl Connection {
    /// Opens a database and brings its layout up to date.
    pub async fn open(name: &str, layout: Layout) -> Result<Self> {
        let connection = Self { name: name.to_owned(), layout };
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
        let layout = self.layout;
        let mut request = Factory::new()?.open(&self.name, Some(layout.version))?;
        let is_upgrading = Rc::new(Cell::new(false));
        let begins = is_upgrading.clone();
        request.on_upgrade_needed(move |event| {
            begins.set(true);
            upgrade(layout, &event);
        });
        let (sender, blocked) = oneshot::channel();
        request.on_blocked(move |_| {
            let _ = sender.send(());
        });
        let given_up = Box::pin(async move {
            select(blocked, TimeoutFuture::new(TIMEOUT)).await;
            // An upgrade of a full database takes a slow phone longer.
            while is_upgrading.get() {
                TimeoutFuture::new(TIMEOUT).await;
            }
        });
        match select(request.into_future(), given_up).await {
            Either::Left((Ok(database), _)) => Ok(cache(&self.name, database)),
            Either::Left((Err(error), _)) => Err(refused(error)),
            Either::Right((_, opening)) => {
                // It opens by itself once the other tab closes its connection.
                let name = self.name.clone();
                BLOCKED.with_borrow_mut(|blocked| blocked.insert(name.clone()));
                spawn_local(async move {
                    let opened = opening.await;
                    BLOCKED.with_borrow_mut(|blocked| blocked.remove(&name));
                    if let Ok(database) = opened {
                        cache(&name, database);
                    }
                });
                Err(StoreError::Blocked)
            }
        }
    }
}

/// Creates the missing stores of a database, and begins the upgrade of the rest.
fn upgrade(layout: Layout, event: &VersionChangeEvent) {
    let Ok(database) = event.database() else { return };
    let names = database.store_names();
    for name in layout.stores.iter().filter(|store| !names.iter().any(|name| name == *store)) {
        // An error here makes the opening itself fail.
        let _ = database.create_object_store(name, ObjectStoreParams::new());
    }
    let transaction = event.target().ok().and_then(|request| request.transaction());
    if let (Some((owner, upgrade)), Some(transaction)) = (layout.upgrade, transaction) {
        upgrade(owner, transaction, event.old_version().unwrap_or_default());
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

/// Keeps a database open until the browser closes it or a newer version of the app needs it.
fn cache(name: &str, mut database: Database) -> Rc<Database> {
    if let Some(open) = OPEN.with_borrow(|open| open.get(name).cloned()) {
        // Another task has opened it meanwhile.
        database.close();
        return open;
    }
    let closed = name.to_owned();
    database.on_close(move |_| forget(&closed));
    let outdated = name.to_owned();
    database.on_version_change(move |event| {
        forget(&outdated);
        if let Some(database) = event.target().and_then(|target| Database::try_from(target).ok()) {
            // The upgrade of another tab must not wait indefinitely.
            database.close();
        }
        // Without a new version the database is being deleted. The next use creates it again.
        let is_newer = Reflect::get(&event, &"newVersion".into()).is_ok_and(|version| version.as_f64().is_some());
        if is_newer && let Some(listener) = LISTENER.with_borrow(Clone::clone) {
            listener(StoreError::Outdated);
        }
    });
    // The callbacks may run after the last reference to the database is gone.
    database.forget_callbacks();
    let database = Rc::new(database);
    OPEN.with_borrow_mut(|open| open.insert(name.to_owned(), database.clone()));
    database
}

/// Commits a transaction. After `Ok` all its writes are in the database; after an error none are.
pub async fn commit(transaction: Transaction) -> Result<()> {
    let transaction: IdbTransaction = transaction.into();
    // It listens at once: a transaction that is aborted before its commit is no unhandled rejection.
    let ended = JsFuture::from(Promise::new(&mut |done, failed| {
        transaction.set_oncomplete(Some(&done));
        transaction.set_onabort(Some(&failed));
    }));
    let why = || match transaction.error() {
        Some(error) => StoreError::of(&format!("{}: {}", error.name(), error.message())),
        None => StoreError::Closed,
    };
    let commit = Reflect::get(&transaction, &"commit".into()).ok().and_then(|value| value.dyn_into::<Function>().ok());
    // A browser without it (Chrome before 76, Safari before 15) commits by itself.
    if let Some(commit) = commit {
        commit.call0(&transaction).map_err(|_| why())?;
    }
    ended.await.map_err(|_| why())?;
    Ok(())
}

/// Runs a transaction, and repeats it a few times if the browser aborts it.
pub async fn persistently<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    for _ in 1..ATTEMPTS {
        match pin!(work()).await {
            Err(StoreError::Closed) => TimeoutFuture::new(0).await,
            done => return done,
        }
    }
    work().await
}
