//! Destinations of the navigation: which role has them, their order, and which are in the tab bar of a phone.

use crate::labels::texts::Texts;
use jiedui_core::access::user::Role;

/// A destination of the navigation.
#[derive(Debug)]
pub struct Destination {
    /// Address of the screen.
    pub address: &'static str,
    /// Name of its icon.
    pub icon: &'static str,
    /// Name of the screen.
    pub name: fn(&Texts) -> &'static str,
    group: Group,
    access: Access,
}

/// Groups of the rail, in display order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Daily work.
    Work,
    /// Figures of the work.
    Results,
    /// Data that entries refer to.
    Base,
    /// The user's own settings.
    Own,
}

impl Group {
    /// All groups in display order.
    pub const ALL: [Self; 4] = [Self::Work, Self::Results, Self::Base, Self::Own];

    /// Returns the heading of the group.
    pub fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::Work => texts.group_work(),
            Self::Results => texts.group_results(),
            Self::Base => texts.group_base(),
            Self::Own => texts.settings(),
        }
    }
}

/// Users who have a destination.
#[derive(Clone, Copy, Debug)]
enum Access {
    Everyone,
    SignedIn,
    Recording,
    Reviewing,
    Coordinating,
    Auditing,
}

impl Access {
    fn includes(self, role: Option<Role>) -> bool {
        match self {
            Self::Everyone => true,
            Self::SignedIn => role.is_some(),
            Self::Recording => role.is_some_and(Role::records),
            Self::Reviewing => role.is_some_and(Role::reviews),
            Self::Coordinating => role.is_some_and(Role::coordinates),
            Self::Auditing => role.is_some_and(Role::reads_audit),
        }
    }
}

const fn to(
    address: &'static str,
    icon: &'static str,
    name: fn(&Texts) -> &'static str,
    group: Group,
    access: Access,
) -> Destination {
    Destination { address, icon, name, group, access }
}

static DESTINATIONS: [Destination; 16] = [
    to("/work", "work", Texts::nav_work, Group::Work, Access::SignedIn),
    to("/entries", "entries", Texts::nav_entries, Group::Work, Access::Recording),
    to("/review", "review", Texts::nav_review, Group::Work, Access::Reviewing),
    to("/entries/new", "new", Texts::nav_new, Group::Work, Access::Recording),
    to("/list", "list", Texts::nav_list, Group::Work, Access::SignedIn),
    to("/needs", "needs", Texts::nav_needs, Group::Work, Access::SignedIn),
    to("/", "overview", Texts::nav_view, Group::Results, Access::Everyone),
    to("/report", "report", Texts::open_report, Group::Results, Access::Everyone),
    to("/?screen=wall", "wall", Texts::wall, Group::Results, Access::Everyone),
    to("/organisations", "organisations", Texts::nav_organisations, Group::Base, Access::Everyone),
    to("/import", "import", Texts::nav_import, Group::Base, Access::Recording),
    to("/catalogue", "catalogue", Texts::nav_catalogue, Group::Base, Access::Coordinating),
    to("/people", "people", Texts::nav_people, Group::Base, Access::Coordinating),
    to("/audit", "audit", Texts::nav_audit, Group::Base, Access::Auditing),
    to("/help", "help", Texts::nav_help, Group::Own, Access::Everyone),
    to("/me", "me", Texts::nav_me, Group::Own, Access::Everyone),
];

/// Returns the destinations of a role in a group, in display order.
pub fn destinations(role: Option<Role>, group: Group) -> impl Iterator<Item = &'static Destination> {
    DESTINATIONS.iter().filter(move |to| to.group == group && to.access.includes(role))
}

/// Returns the addresses in the tab bar of a role, in the order of the rail.
pub fn tab_bar(role: Option<Role>) -> &'static [&'static str] {
    match role {
        Some(Role::Recorder) => &["/work", "/entries", "/entries/new", "/", "/me"],
        Some(Role::Reviewer) => &["/work", "/review", "/entries/new", "/", "/me"],
        Some(Role::Coordinator | Role::Admin) => &["/work", "/review", "/", "/organisations", "/me"],
        Some(Role::Viewer) | None => &["/", "/report", "/organisations", "/me"],
    }
}

/// Returns the address at which a role starts: the user's entries, the review queue, the reference data, or the shared view.
pub fn home(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Recorder) => "/entries",
        Some(Role::Reviewer) => "/review",
        Some(Role::Admin) => "/catalogue",
        Some(Role::Coordinator | Role::Viewer) | None => "/",
    }
}

/// Returns the destination to which a path belongs.
pub fn section(path: &str) -> Option<&'static Destination> {
    let path = match path.split('/').nth(1)? {
        "" | "indicators" => "/",
        "pairings" => "/organisations",
        _ => path,
    };
    let is_below =
        |to: &&Destination| path.strip_prefix(to.address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    DESTINATIONS.iter().filter(|to| to.address != "/" || path == "/").filter(is_below).max_by_key(|to| to.address.len())
}

/// Returns the destination above a path, for the back link of a phone. A record is below its list, and a section outside the
/// tab bar is below `/me`.
pub fn parent_screen(path: &str, role: Option<Role>) -> Option<&'static Destination> {
    let section = section(path)?;
    if section.address != path {
        return Some(section);
    }
    let me = DESTINATIONS.last()?;
    (!tab_bar(role).contains(&path)).then_some(me)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> impl Iterator<Item = Option<Role>> {
        [None].into_iter().chain(Role::ALL.map(Some))
    }

    #[test]
    fn tab_bar_has_at_most_five_destinations_of_its_role() {
        for role in roles() {
            let of_role: Vec<&str> =
                Group::ALL.iter().flat_map(|group| destinations(role, *group)).map(|to| to.address).collect();
            let bar: Vec<&str> = of_role.iter().copied().filter(|address| tab_bar(role).contains(address)).collect();
            assert_eq!(bar, tab_bar(role), "{role:?}");
            assert!(bar.len() <= 5 && bar.last() == Some(&"/me"), "{role:?}");
            assert!(of_role.contains(&home(role)), "{role:?}");
        }
    }

    #[test]
    fn path_belongs_to_its_section() {
        let address = |path| section(path).map(|to| to.address);
        for (path, expected) in [
            ("/", "/"),
            ("/indicators/exchanges", "/"),
            ("/entries", "/entries"),
            ("/entries/new/field_survey", "/entries/new"),
            ("/entries/0190/conflict", "/entries"),
            ("/pairings/0190", "/organisations"),
            ("/help/recorder", "/help"),
        ] {
            assert_eq!(address(path), Some(expected), "{path}");
        }
        assert_eq!(address("/entriesx"), None);
        assert_eq!(address("/nothing-here"), None);
    }

    #[test]
    fn record_leads_back_to_its_list_and_section_to_me() {
        let recorder = Some(Role::Recorder);
        let address = |path, role| parent_screen(path, role).map(|to| to.address);
        assert_eq!(address("/entries", recorder), None);
        assert_eq!(address("/list/0190", recorder), Some("/list"));
        assert_eq!(address("/needs", recorder), Some("/me"));
        assert_eq!(address("/organisations", recorder), Some("/me"));
        assert_eq!(address("/organisations", None), None);
        assert_eq!(address("/sign-in", None), None);
    }
}
