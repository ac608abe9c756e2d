//! Position of the phone, from its receiver. Needs no network.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Time limit for the receiver in milliseconds.
const TIME_LIMIT: f64 = 30_000.0;
/// Length of a degree of latitude in metres.
const DEGREE: f64 = 111_320.0;

/// Returns longitude and latitude, to a metre; `None` if the phone refuses.
pub async fn here() -> Option<(f64, f64)> {
    let receiver = part_of_navigator("geolocation")?;
    let ask: js_sys::Function = Reflect::get(&receiver, &"getCurrentPosition".into()).ok()?.dyn_into().ok()?;
    let settings = js_sys::Object::new();
    Reflect::set(&settings, &"enableHighAccuracy".into(), &true.into()).ok()?;
    Reflect::set(&settings, &"timeout".into(), &TIME_LIMIT.into()).ok()?;
    let promise = js_sys::Promise::new(&mut |done, failed| {
        if ask.call3(&receiver, &done, &failed, &settings).is_err() {
            let _ = failed.call0(&JsValue::NULL);
        }
    });
    let position = JsFuture::from(promise).await.ok()?;
    let at = Reflect::get(&position, &"coords".into()).ok()?;
    let degrees = |name: &str| Some((Reflect::get(&at, &name.into()).ok()?.as_f64()? * 1e5).round() / 1e5);
    Some((degrees("longitude")?, degrees("latitude")?))
}

/// Returns whether the user has already allowed this site to read the position. Never asks.
pub async fn is_permitted() -> bool {
    let state = async {
        let permissions = part_of_navigator("permissions")?;
        let query: js_sys::Function = Reflect::get(&permissions, &"query".into()).ok()?.dyn_into().ok()?;
        let name = js_sys::Object::new();
        Reflect::set(&name, &"name".into(), &"geolocation".into()).ok()?;
        let promise: js_sys::Promise = query.call1(&permissions, &name).ok()?.dyn_into().ok()?;
        let status = JsFuture::from(promise).await.ok()?;
        Reflect::get(&status, &"state".into()).ok()?.as_string()
    };
    state.await.as_deref() == Some("granted")
}

fn part_of_navigator(name: &str) -> Option<JsValue> {
    Reflect::get(&window().navigator(), &name.into()).ok().filter(JsValue::is_object)
}

/// Returns the distance between two positions in metres, exact enough for a few kilometres.
pub fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let east = (a.0 - b.0) * a.1.to_radians().cos();
    east.hypot(a.1 - b.1) * DEGREE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_in_metres() {
        let moyang = (106.75, 25.43);
        assert_eq!(distance(moyang, moyang), 0.0);
        assert_eq!(distance(moyang, (106.75, 25.431)).round(), 111.0);
        assert_eq!(distance(moyang, (106.751, 25.43)).round(), 101.0);
    }
}
