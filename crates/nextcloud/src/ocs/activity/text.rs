//! What activities are called, and said of them.

use allmende_types::EventKind as Kind;

use super::super::rich::Text;

/// What a kind of event is to clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saying {
    /// The application.
    pub(super) app: &'static str,
    /// The type, by which people filter.
    pub(super) kind: &'static str,
    /// Said to whoever did it.
    pub(super) own: Text,
    /// Said to all others.
    pub(super) others: Text,
}

const fn files(kind: &'static str, own: Text, others: Text) -> Saying {
    Saying { app: "files", kind, own, others }
}

const fn shares(kind: &'static str, own: Text, others: Text) -> Saying {
    Saying { app: "files_sharing", kind, own, others }
}

const fn tags(own: Text, others: Text) -> Saying {
    Saying { app: "systemtags", kind: "systemtags", own, others }
}

const fn security(own: Text, others: Text) -> Saying {
    Saying { app: "settings", kind: "security", own, others }
}

const fn groups(own: Text, others: Text) -> Saying {
    Saying { app: "settings", kind: "group_settings", own, others }
}

/// What is said of a kind of event; none of those that only an audit tells of.
///
/// Placeholders: `{user}` who did it, `{file}`, `{oldfile}` the place before, `{with}` whom it
/// is shared with or done to, `{group}`, `{device}`, `{tag}`.
#[rustfmt::skip]
pub(super) const fn saying(kind: Kind) -> Option<Saying> {
    let t = Text::new;
    Some(match kind {
        Kind::FileCreated | Kind::FileCopied => files("file_created",
            t("You created {file}", "Sie haben {file} erstellt"),
            t("{user} created {file}", "{user} hat {file} erstellt")),
        Kind::FileChanged => files("file_changed",
            t("You changed {file}", "Sie haben {file} geändert"),
            t("{user} changed {file}", "{user} hat {file} geändert")),
        Kind::FileRemoved => files("file_deleted",
            t("You deleted {file}", "Sie haben {file} gelöscht"),
            t("{user} deleted {file}", "{user} hat {file} gelöscht")),
        Kind::FileMoved => files("file_changed",
            t("You moved {oldfile} to {newfile}", "Sie haben {oldfile} nach {newfile} verschoben"),
            t("{user} moved {oldfile} to {newfile}", "{user} hat {oldfile} nach {newfile} verschoben")),
        Kind::FileRenamed => files("file_changed",
            t("You renamed {oldfile} to {newfile}", "Sie haben {oldfile} in {newfile} umbenannt"),
            t("{user} renamed {oldfile} to {newfile}", "{user} hat {oldfile} in {newfile} umbenannt")),
        Kind::FileRestored => files("file_restored",
            t("You restored {file}", "Sie haben {file} wiederhergestellt"),
            t("{user} restored {file}", "{user} hat {file} wiederhergestellt")),
        Kind::ShareCreated => shares("shared",
            t("You shared {file} with {with}", "Sie haben {file} mit {with} geteilt"),
            t("{user} shared {file} with {with}", "{user} hat {file} mit {with} geteilt")),
        Kind::ShareChanged => shares("shared",
            t("You changed a share of {file}", "Sie haben eine Freigabe von {file} geändert"),
            t("{user} changed a share of {file}", "{user} hat eine Freigabe von {file} geändert")),
        Kind::ShareDeleted => shares("shared",
            t("You no longer share {file} with {with}", "Sie teilen {file} nicht mehr mit {with}"),
            t("{user} no longer shares {file} with {with}", "{user} teilt {file} nicht mehr mit {with}")),
        Kind::ShareAccepted => shares("shared",
            t("You accepted the share of {file}", "Sie haben die Freigabe von {file} angenommen"),
            t("{user} accepted the share of {file}", "{user} hat die Freigabe von {file} angenommen")),
        Kind::ShareDeclined => shares("shared",
            t("You declined the share of {file}", "Sie haben die Freigabe von {file} abgelehnt"),
            t("{user} declined the share of {file}", "{user} hat die Freigabe von {file} abgelehnt")),
        Kind::ShareLeft => shares("shared",
            t("You left the share of {file}", "Sie haben die Freigabe von {file} verlassen"),
            t("{user} left the share of {file}", "{user} hat die Freigabe von {file} verlassen")),
        Kind::ShareExpired => shares("shared",
            t("The share of {file} with {with} expired", "Die Freigabe von {file} für {with} ist abgelaufen"),
            t("The share of {file} with {with} expired", "Die Freigabe von {file} für {with} ist abgelaufen")),
        Kind::LinkDownloaded => shares("public_links",
            t("{file} was downloaded through a public link", "{file} wurde über einen öffentlichen Link heruntergeladen"),
            t("{file} was downloaded through a public link", "{file} wurde über einen öffentlichen Link heruntergeladen")),
        Kind::OwnershipTransferred => files("file_changed",
            t("You gave {file} to {with}", "Sie haben {file} an {with} übertragen"),
            t("{user} gave {file} to {with}", "{user} hat {file} an {with} übertragen")),
        Kind::TagAssigned => tags(
            t("You added the tag {tag} to {file}", "Sie haben {file} das Schlagwort {tag} gegeben"),
            t("{user} added the tag {tag} to {file}", "{user} hat {file} das Schlagwort {tag} gegeben")),
        Kind::TagUnassigned => tags(
            t("You removed the tag {tag} from {file}", "Sie haben {file} das Schlagwort {tag} genommen"),
            t("{user} removed the tag {tag} from {file}", "{user} hat {file} das Schlagwort {tag} genommen")),
        Kind::CommentCreated => Saying {
            app: "comments",
            kind: "comments",
            own: t("You commented on {file}", "Sie haben {file} kommentiert"),
            others: t("{user} commented on {file}", "{user} hat {file} kommentiert"),
        },
        Kind::PasswordChanged => security(
            t("You changed your password", "Sie haben Ihr Passwort geändert"),
            t("{user} changed the password of {with}", "{user} hat das Passwort von {with} geändert")),
        Kind::AppPasswordCreated => security(
            t("You created app password \"{device}\"", "Sie haben das App-Passwort \u{201e}{device}\u{201c} erstellt"),
            t("{user} created app password \"{device}\"", "{user} hat das App-Passwort \u{201e}{device}\u{201c} erstellt")),
        Kind::AppPasswordRevoked => security(
            t("You revoked app password \"{device}\"", "Sie haben das App-Passwort \u{201e}{device}\u{201c} widerrufen"),
            t("{user} revoked app password \"{device}\"", "{user} hat das App-Passwort \u{201e}{device}\u{201c} widerrufen")),
        Kind::WipeRequested => security(
            t("You told \"{device}\" to delete its data", "Sie haben \u{201e}{device}\u{201c} angewiesen, seine Daten zu löschen"),
            t("{user} told \"{device}\" to delete its data", "{user} hat \u{201e}{device}\u{201c} angewiesen, seine Daten zu löschen")),
        Kind::MemberAdded => groups(
            t("You added {with} to the group {group}", "Sie haben {with} zur Gruppe {group} hinzugefügt"),
            t("{user} added {with} to the group {group}", "{user} hat {with} zur Gruppe {group} hinzugefügt")),
        Kind::MemberRemoved => groups(
            t("You removed {with} from the group {group}", "Sie haben {with} aus der Gruppe {group} entfernt"),
            t("{user} removed {with} from the group {group}", "{user} hat {with} aus der Gruppe {group} entfernt")),
        _ => return None,
    })
}

/// Said in place of a name.
pub(super) const SOMEBODY: Text = Text::new("Somebody", "Jemand");
/// The administration, when nobody in particular did it.
pub(super) const SERVER: Text = Text::new("The server", "Der Server");
/// With whom something is shared that has a link.
pub(super) const A_LINK: Text = Text::new("a public link", "einem öffentlichen Link");
/// Said in place of a team whose name the reader does not know.
pub(super) const A_TEAM: Text = Text::new("a team", "einem Team");

/// A way of choosing among activities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) id: &'static str,
    pub(super) name: Text,
    pub(super) priority: u32,
    /// The application whose activities it chooses; all, if empty.
    pub(super) app: &'static str,
}

/// Those that are offered. `filter`, which asks for one object, is not: clients know it.
pub(super) const CHOICES: [Choice; 8] = [
    Choice {
        id: "all",
        name: Text::new("All activities", "Alle Aktivitäten"),
        priority: 0,
        app: "",
    },
    Choice { id: "self", name: Text::new("By you", "Von Ihnen"), priority: 1, app: "" },
    Choice { id: "by", name: Text::new("By others", "Von anderen"), priority: 2, app: "" },
    Choice {
        id: "files_sharing",
        name: Text::new("File shares", "Freigaben"),
        priority: 31,
        app: "files_sharing",
    },
    Choice {
        id: "files",
        name: Text::new("File changes", "Dateiänderungen"),
        priority: 30,
        app: "files",
    },
    Choice {
        id: "comments",
        name: Text::new("Comments", "Kommentare"),
        priority: 40,
        app: "comments",
    },
    Choice {
        id: "systemtags",
        name: Text::new("Tags", "Schlagwörter"),
        priority: 40,
        app: "systemtags",
    },
    Choice {
        id: "security",
        name: Text::new("Security", "Sicherheit"),
        priority: 30,
        app: "settings",
    },
];

/// The kinds of events that people are told of, of one application or of all.
pub(super) fn kinds(app: &str) -> Vec<Kind> {
    let told = |kind: &Kind| saying(*kind).is_some_and(|one| app.is_empty() || one.app == app);
    Kind::ALL.iter().copied().filter(told).collect()
}
