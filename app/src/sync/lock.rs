//! One tab at a time: the Web Locks API, where the browser has it.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use std::future::Future;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// Does the work while no other tab holds the lock of this name. Without Web Locks (Chrome before 69, Safari before
/// 15.4) the work is done at once: the server tells a mutation that two tabs send from two mutations.
pub async fn alone(name: &str, work: impl Future<Output = ()> + 'static) {
    let Some((locks, request)) = locks() else {
        work.await;
        return;
    };
    let granted = Closure::once(move |_lock: JsValue| -> Promise {
        future_to_promise(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        })
    });
    if let Ok(promise) = request.call2(&locks, &name.into(), granted.as_ref())
        && let Ok(promise) = promise.dyn_into::<Promise>()
    {
        let _ = JsFuture::from(promise).await;
    }
}

fn locks() -> Option<(JsValue, Function)> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(|locks| locks.is_object())?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
    Some((locks, request))
}
