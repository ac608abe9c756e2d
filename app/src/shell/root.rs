//! The root of the app: header, navigation, main part, and the route of every screen.

use super::header::{Header, Notices};
use super::home::Home;
use super::not_found::NotFound;
use super::rail::Rail;
use crate::features::audit::AuditTrail;
use crate::features::catalogue::CatalogueOverview;
use crate::features::catalogue::activity::ActivityForm;
use crate::features::catalogue::indicator::IndicatorForm;
use crate::features::catalogue::programme::ProgrammeForm;
use crate::features::directory::OrganisationDetail;
use crate::features::directory::OrganisationList;
use crate::features::directory::organisation_edit::OrganisationForm;
use crate::features::directory::pairing_edit::PairingForm;
use crate::features::entries::{ActivityChoice, AllEntries, ConflictChoice, EditEntryForm, MyEntryList, NewEntryForm};
use crate::features::help::Help;
use crate::features::import::ImportWizard;
use crate::features::indicator::IndicatorDetail;
use crate::features::kit::Kit;
use crate::features::ledger::{LedgerItem, LedgerList};
use crate::features::me::Me;
use crate::features::my_work::MyWork;
use crate::features::own_account::OwnAccount;
use crate::features::people::PeopleList;
use crate::features::people::account::PersonForm;
use crate::features::report::ReportPage;
use crate::features::review::{EntryDetail, ReviewQueue};
use crate::features::setup::SetUp;
use crate::features::sign_in::SignIn;
use crate::features::sign_in_code::CodeSignIn;
use crate::state::AppState;
use crate::state::bootstrap::BootstrapData;
use crate::sync;
use crate::ui::loading::Main;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// Renders a screen. With one type for all screens, the router's code is compiled once for each shape of address, not for each
/// route.
type Screen = fn() -> AnyView;

const HOME: Screen = || view! { <Home/> }.into_any();

/// The whole app. It takes its [`BootstrapData`] from the context.
#[component]
pub fn Root() -> impl IntoView {
    let app = AppState::new(use_context::<BootstrapData>().unwrap_or_default());
    provide_context(app);
    Effect::new(move |_| sync::start(app));
    Effect::new(move |_| {
        if app.geography.places_requested.get() {
            app.geography.places_requested.set(false);
            sync::fetch_places(app);
        }
    });
    let texts = app.texts;
    view! {
        <Router>
            <a class="skip" href="#main">{texts.skip()}</a>
            <Header/>
            <Rail/>
            <Notices/>
            <Main>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=HOME/>
                    <Route path=path!("/indicators/:code") view={IndicatorDetail as Screen}/>
                    <Route path=path!("/report") view={ReportPage as Screen}/>
                    <Route path=path!("/sign-in") view={SignIn as Screen}/>
                    <Route path=path!("/sign-in/code") view={CodeSignIn as Screen}/>
                    <Route path=path!("/setup") view={SetUp as Screen}/>
                    <Route path=path!("/help") view={Help as Screen}/>
                    <Route path=path!("/help/:page") view={Help as Screen}/>
                    <Route path=path!("/list") view={AllEntries as Screen}/>
                    <Route path=path!("/list/:id") view={EntryDetail as Screen}/>
                    <Route path=path!("/organisations") view={OrganisationList as Screen}/>
                    <Route path=path!("/organisations/new") view={OrganisationForm as Screen}/>
                    <Route path=path!("/organisations/:id/edit") view={OrganisationForm as Screen}/>
                    <Route path=path!("/pairings/new") view={PairingForm as Screen}/>
                    <Route path=path!("/pairings/:id") view={PairingForm as Screen}/>
                    <Route path=path!("/organisations/:id") view={OrganisationDetail as Screen}/>
                    <Route path=path!("/catalogue") view={CatalogueOverview as Screen}/>
                    <Route path=path!("/catalogue/programmes/:code") view={ProgrammeForm as Screen}/>
                    <Route path=path!("/catalogue/activities/:code") view={ActivityForm as Screen}/>
                    <Route path=path!("/catalogue/indicators/:code") view={IndicatorForm as Screen}/>
                    <Route path=path!("/kit") view={Kit as Screen}/>
                    <Route path=path!("/me") view={Me as Screen}/>
                    <Route path=path!("/me/account") view={OwnAccount as Screen}/>
                    <Route path=path!("/people") view={PeopleList as Screen}/>
                    <Route path=path!("/people/:id") view={PersonForm as Screen}/>
                    <Route path=path!("/audit") view={AuditTrail as Screen}/>
                    <Route path=path!("/work") view={MyWork as Screen}/>
                    <Route path=path!("/needs") view={LedgerList as Screen}/>
                    <Route path=path!("/needs/new") view={LedgerItem as Screen}/>
                    <Route path=path!("/needs/:id") view={LedgerItem as Screen}/>
                    <Route path=path!("/import") view={ImportWizard as Screen}/>
                    <Route path=path!("/review") view={ReviewQueue as Screen}/>
                    <Route path=path!("/entries") view={MyEntryList as Screen}/>
                    <Route path=path!("/entries/new") view={ActivityChoice as Screen}/>
                    <Route path=path!("/entries/new/:activity") view={NewEntryForm as Screen}/>
                    <Route path=path!("/entries/:id/conflict") view={ConflictChoice as Screen}/>
                    <Route path=path!("/entries/:id") view={EditEntryForm as Screen}/>
                </Routes>
            </Main>
            <div role="status">{move || app.screen.snackbar.get().map(|snackbar| snackbar.view.run())}</div>
        </Router>
    }
}
