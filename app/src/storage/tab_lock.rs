//! Locks between tabs: the Web Locks API if available (Chrome 69, Safari 15.4; HTTPS only), otherwise a lease in local storage that
//! its holder renews.

use crate::storage::local_storage;
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::{set_interval, window};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// Runs `work` while no other tab holds the lock of this name. Without Web Locks it runs immediately: the server
/// recognises a mutation that two tabs send.
pub async fn with_tab_lock(name: &str, work: impl Future<Output = ()> + 'static) {
    let Some(locks) = Locks::of_browser() else {
        work.await;
        return;
    };
    let granted = Closure::once(move |_lock: JsValue| -> Promise {
        future_to_promise(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    if let Some(done) = locks.request(name, &JsValue::UNDEFINED, granted.as_ref()) {
        let _ = JsFuture::from(done).await;
    }
}

/// A lock that this page holds until the value is dropped.
pub struct Hold {
    /// Ends the promise that holds a Web Lock when dropped.
    _until: Option<oneshot::Sender<()>>,
    leased: Option<String>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(name) = &self.leased {
            HELD.with_borrow_mut(|held| held.remove(name));
            release(name);
        }
    }
}

/// Takes a lock unless another tab holds it.
pub async fn try_hold(name: &str) -> Option<Hold> {
    match Locks::of_browser() {
        Some(locks) => locks.hold(name, true, LEASE_DURATION).await,
        None => lease(name, LEASE_DURATION),
    }
}

/// Waits until no other tab holds a lock of visible pages, and takes it. Its holder releases it when it is hidden.
pub async fn hold_while_visible(name: &str) -> Option<Hold> {
    if let Some(locks) = Locks::of_browser() {
        return locks.hold(name, false, VISIBLE_LEASE_DURATION).await;
    }
    loop {
        if let Some(hold) = lease(name, VISIBLE_LEASE_DURATION) {
            return Some(hold);
        }
        TimeoutFuture::new(RENEWAL_INTERVAL).await;
    }
}

struct Locks {
    locks: JsValue,
    request: Function,
}

impl Locks {
    fn of_browser() -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(|locks| locks.is_object())?;
        let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
        Some(Self { locks, request })
    }

    fn request(&self, name: &str, options: &JsValue, granted: &JsValue) -> Option<Promise> {
        let name = name.into();
        let promise = if options.is_undefined() {
            self.request.call2(&self.locks, &name, granted)
        } else {
            self.request.call3(&self.locks, &name, options, granted)
        };
        promise.ok()?.dyn_into().ok()
    }

    async fn hold(&self, name: &str, if_available: bool, lease_duration: f64) -> Option<Hold> {
        let options = Object::new();
        Reflect::set(&options, &"ifAvailable".into(), &if_available.into()).ok()?;
        let (answer, answered) = oneshot::channel();
        let granted = Closure::once_into_js(move |lock: JsValue| -> Promise {
            if lock.is_null() {
                let _ = answer.send(None);
                return Promise::resolve(&JsValue::UNDEFINED);
            }
            let (until, ended) = oneshot::channel();
            // If the receiver is gone, the lock is released immediately.
            let _ = answer.send(Some(Hold { _until: Some(until), leased: None }));
            future_to_promise(async move {
                let _ = ended.await;
                Ok(JsValue::UNDEFINED)
            })
        });
        let Some(promise) = self.request(name, &options, &granted) else { return lease(name, lease_duration) };
        match select(answered, JsFuture::from(promise)).await {
            Either::Left((answer, _)) => answer.ok().flatten(),
            // The browser refuses all locks, for example for a page without an origin.
            Either::Right(_) => lease(name, lease_duration),
        }
    }
}

/// Milliseconds after which a lease ends unless renewed. A tab in the background wakes once a minute.
const LEASE_DURATION: f64 = 150_000.0;
/// The same for a lock that only visible pages hold, whose timers run on time. A page that is killed cannot release its lease: the
/// others wait this long.
const VISIBLE_LEASE_DURATION: f64 = 30_000.0;
/// Interval in milliseconds at which a lease is renewed or requested.
const RENEWAL_INTERVAL: u32 = 5_000;

#[derive(Serialize, Deserialize)]
struct Lease {
    tab: f64,
    until: f64,
}

thread_local! {
    /// Locks that this page has leased, and the duration of each lease.
    static HELD: RefCell<BTreeMap<String, f64>> = const { RefCell::new(BTreeMap::new()) };
    static IS_RENEWING: Cell<bool> = const { Cell::new(false) };
    /// Random identity of this page.
    static TAB: f64 = js_sys::Math::random();
}

fn key(name: &str) -> String {
    format!("jiedui.lease.{name}")
}

fn write(name: &str, duration: f64) {
    let lease = Lease { tab: TAB.with(|tab| *tab), until: js_sys::Date::now() + duration };
    // Without local storage no other tab sees the lease. A double save is then detected by the saving transaction.
    let _ = local_storage::set(&key(name), &lease);
}

fn is_held_elsewhere(name: &str) -> bool {
    let lease = local_storage::get::<Lease>(&key(name));
    lease.is_some_and(|lease| lease.until > js_sys::Date::now() && TAB.with(|tab| *tab != lease.tab))
}

fn lease(name: &str, duration: f64) -> Option<Hold> {
    let is_mine = HELD.with_borrow(|held| held.contains_key(name));
    if is_mine || is_held_elsewhere(name) {
        return None;
    }
    write(name, duration);
    HELD.with_borrow_mut(|held| held.insert(name.to_owned(), duration));
    if !IS_RENEWING.replace(true) {
        let extend = || {
            HELD.with_borrow(|held| {
                held.iter()
                    .filter(|(name, _)| !is_held_elsewhere(name))
                    .for_each(|(name, duration)| write(name, *duration))
            })
        };
        set_interval(extend, Duration::from_millis(RENEWAL_INTERVAL.into()));
        let leave = Closure::<dyn Fn()>::new(|| HELD.with_borrow(|held| held.keys().for_each(|name| release(name))));
        let _ = window().add_event_listener_with_callback("pagehide", leave.as_ref().unchecked_ref());
        leave.forget();
    }
    Some(Hold { _until: None, leased: Some(name.to_owned()) })
}

fn release(name: &str) {
    if !is_held_elsewhere(name) {
        local_storage::remove(&key(name));
    }
}
