//! The HTML document around the app.

use super::root::Root;
use crate::state::bootstrap::BootstrapData;
use crate::storage::preferences::look_attribute;
use leptos::prelude::*;

/// Shapes of the icons. They are part of the document, so the wasm file does not hold them.
const ICONS: &str = include_str!("icons.svg");

/// Renders the HTML document: a painted page with `data`, the empty shell without. Files of the build are in `folder`; `look` is
/// the user's preference.
///
/// Browsers must not translate it: a translated page no longer updates.
pub fn document(folder: &str, data: Option<BootstrapData>, look: &str) -> impl IntoView + use<> {
    let language = data.as_ref().map(|data| data.language).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() translate="no" data-look=look_attribute(look)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="google" content="notranslate"/>
                <meta name="theme-color" content="#26346b"/>
                <title>"结对 Jiedui"</title>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icon-192.png"/>
                <link rel="stylesheet" href=format!("{folder}/jiedui.css")/>
                <link rel="modulepreload" href=format!("{folder}/jiedui.js")/>
                <script type="module" src=format!("{folder}/start.js")></script>
                {data.as_ref().map(|data| view! { <script type="application/json" id="boot" inner_html=data.as_script()></script> })}
            </head>
            <body>
                <svg id="icons" hidden inner_html=ICONS></svg>
                {data.map(|_| view! { <Root/> })}
            </body>
        </html>
    }
}
