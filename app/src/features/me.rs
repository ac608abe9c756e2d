//! The user's own page: account, sync, screens that the tab bar lacks, and preferences.

use crate::labels::texts::{Texts, fill};
use crate::lazy_screen;
use crate::state::storage::OfflineUse;
use crate::state::{AppState, use_app_state};
use crate::storage::preferences::{Preference, show_look};
use crate::sync;
use crate::ui::html::Html;
use crate::ui::icon::{Icon, icon_html};
use crate::ui::navigation::{Group, destinations, tab_bar};
use crate::ui::sync_text::{sync_text, unsent_entries};
use jiedui_core::access::user::{Role, User};
use jiedui_core::sync::Input;
use jiedui_core::values::language::Language;
use leptos::prelude::*;
use maud::html;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(record:
    /// The user's own page.
    Me, render_me, MeScreen
);

/// Tokens of the colours and of the text sizes; the first of each stands for the default.
const THEMES: [&str; 3] = ["", "light", "dark"];
const TEXT_SIZES: [&str; 3] = ["", "large", "largest"];

/// The screen.
#[component]
fn MeScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_me());
    Effect::new(move |_| app.request_places());
    move || {
        let user = app.session.user.get();
        let (id, role) = (user.as_ref().map(|user| user.id), user.as_ref().map(|user| user.role));
        let account = match user {
            Some(user) => account(app, &user).into_any(),
            None => view! {
                <p><a class="button button-primary" href="/sign-in"><Icon name="me"/>{texts.sign_in()}</a></p>
            }
            .into_any(),
        };
        view! {
            <section class="narrow me">
                <h1>{texts.nav_me()}</h1>
                {account}
                <ul class="me-links" inner_html=links(texts, role)></ul>
                <h2>{texts.settings()}</h2>
                <Preferences user=id/>
                {id.map(|_| view! {
                    <p class="actions"><button type="button" class="button" on:click=move |_| sign_out(app)>{texts.sign_out()}</button></p>
                })}
            </section>
        }
    }
}

/// Shows the account and the state of the sync.
fn account(app: AppState, user: &User) -> impl IntoView + use<> {
    let texts = app.texts;
    let codes = user.scope.places.clone();
    let places = move || match codes.is_empty() {
        true => texts.all_places().to_owned(),
        false => app
            .geography
            .places
            .with(|places| codes.iter().map(|code| places.label(code)).collect::<Vec<_>>().join("、")),
    };
    let offline = move || match (app.storage.offline_use.get(), sync::can_work_offline()) {
        (OfflineUse::Ready, _) => texts.ready_offline(),
        (_, false) => texts.no_offline(),
        (OfflineUse::Preparing, true) => texts.not_ready_offline(),
        (OfflineUse::Impossible, true) => texts.never_offline(),
    };
    view! {
        <div class="me-account">
            <p class="me-name"><strong>{user.name.clone()}</strong><span>{user.username.clone()}</span></p>
            <p><span class="me-term">{texts.account_places()}</span><span>{places}</span></p>
            <p>
                <span class="me-term">{texts.sync_state()}</span>
                <span><span inner_html=move || Html::text(&sync_text(app)).into_string()></span><small inner_html=offline></small></span>
            </p>
            <a class="button" href="/me/account">{texts.own_account()}</a>
            <button type="button" class="button" on:click=move |_| app.sync.notify(Input::SyncNow)>
                <Icon name="busy"/>{texts.sync_now()}
            </button>
        </div>
    }
}

/// Renders the links to the screens that the tab bar of the role lacks.
fn links(texts: &Texts, role: Option<Role>) -> String {
    let all = Group::ALL.into_iter().flat_map(|group| destinations(role, group));
    html! {
        @for to in all.filter(|to| !tab_bar(role).contains(&to.address)) {
            li { a href=(to.address) { (icon_html(to.icon)) span { ((to.name)(texts)) } } }
        }
    }
    .into_string()
}

/// Choices of language, text size and colours. They take effect at once.
#[component]
fn Preferences(user: Option<Uuid>) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (theme, size) = (RwSignal::new(""), RwSignal::new(""));
    // The server paints the page without the choices.
    Effect::new(move |_| {
        let look = Preference::Look.current().unwrap_or_default();
        for (current, tokens) in [(theme, THEMES), (size, TEXT_SIZES)] {
            current.set(
                tokens.into_iter().find(|token| look.split('.').any(|chosen| chosen == *token)).unwrap_or_default(),
            );
        }
    });
    let store = move || {
        let tokens = [theme.get_untracked(), size.get_untracked()];
        let value: Vec<&str> = tokens.into_iter().filter(|token| !token.is_empty()).collect();
        Preference::Look.choose(user, &value.join("."));
        show_look();
    };
    let look_choice = move |legend: &'static str,
                            name: &'static str,
                            current: RwSignal<&'static str>,
                            tokens: [&'static str; 3],
                            words: [&'static str; 3]| {
        let option = move |(token, words): (&'static str, &'static str)| {
            let choose = move |_| {
                current.set(token);
                store();
            };
            choice(name, words, None, Signal::derive(move || current.get() == token), choose)
        };
        let options = tokens.into_iter().zip(words).map(option).collect_view();
        view! { <fieldset class="me-choice"><legend>{legend}</legend><div>{options}</div></fieldset> }
    };
    let language = move |(language, name): (Language, &'static str)| {
        let choose = move |_| {
            Preference::Language.choose(user, language.tag());
            let _ = window().location().reload();
        };
        choice("language", name, Some(language.tag()), Signal::stored(app.language == language), choose)
    };
    let languages = [(Language::Chinese, "中文"), (Language::English, "English")].map(language).collect_view();
    view! {
        {look_choice(texts.text_size(), "text", size, TEXT_SIZES, [texts.text_standard(), texts.text_large(), texts.text_largest()])}
        {look_choice(texts.theme(), "theme", theme, THEMES, [texts.theme_system(), texts.theme_light(), texts.theme_dark()])}
        <fieldset class="me-choice"><legend>{texts.language()}</legend><div>{languages}</div></fieldset>
    }
}

/// Renders a radio button.
fn choice(
    name: &'static str,
    words: &'static str,
    language: Option<&'static str>,
    checked: Signal<bool>,
    choose: impl Fn(leptos::ev::Event) + 'static,
) -> impl IntoView {
    view! {
        <label class="choose" lang=language><input type="radio" name=name prop:checked=checked on:change=choose/><span>{words}</span></label>
    }
}

/// Signs the user out, after a question if entries are unsent.
fn sign_out(app: AppState) {
    let unsent = unsent_entries(app);
    let question = fill(app.texts.sign_out_unsent(), &[&unsent]);
    if unsent == 0 || window().confirm_with_message(&question).unwrap_or(true) {
        spawn_local(sync::sign_out(app));
    }
}
