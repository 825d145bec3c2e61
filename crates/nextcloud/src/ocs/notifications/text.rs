//! What notifications say.

use allmende_events::NotificationKind as Kind;

use super::super::rich::Text;

/// The subject of a kind of notification. Placeholders: `{user}` who did it, `{file}`,
/// `{group}`, `{device}`.
#[rustfmt::skip]
pub(super) const fn subject(kind: Kind) -> Text {
    let t = Text::new;
    match kind {
        Kind::IncomingShare => t(
            "{user} shared {file} with you",
            "{user} hat {file} mit Ihnen geteilt"),
        Kind::IncomingGroupShare => t(
            "{user} shared {file} with the group {group}",
            "{user} hat {file} mit der Gruppe {group} geteilt"),
        Kind::IncomingCircleShare => t(
            "{user} shared {file} with a team that you are in",
            "{user} hat {file} mit einem Team geteilt, in dem Sie sind"),
        Kind::PendingShare => t(
            "{user} wants to share {file} with you",
            "{user} möchte {file} mit Ihnen teilen"),
        Kind::ShareAccepted => t(
            "{user} accepted your share of {file}",
            "{user} hat Ihre Freigabe von {file} angenommen"),
        Kind::ShareDeclined => t(
            "{user} declined your share of {file}",
            "{user} hat Ihre Freigabe von {file} abgelehnt"),
        Kind::ShareExpires => t(
            "Your share of {file} expires within a day",
            "Ihre Freigabe von {file} läuft binnen eines Tages ab"),
        Kind::TransferRequested => t(
            "{user} wants to give you {file}",
            "{user} möchte Ihnen {file} übertragen"),
        Kind::TransferDone => t(
            "{file} was given to its new owner",
            "{file} wurde übertragen"),
        Kind::Mentioned => t(
            "{user} mentioned you in a comment on {file}",
            "{user} hat Sie in einem Kommentar zu {file} erwähnt"),
        Kind::DeviceAdded => t(
            "The device {device} got access to your account",
            "Das Gerät {device} hat Zugriff auf Ihr Konto bekommen"),
        Kind::ReminderDue => t(
            "Reminder for {file}",
            "Erinnerung an {file}"),
        Kind::LockBroken => t(
            "{user} removed your lock from {file}",
            "{user} hat Ihre Sperre von {file} aufgehoben"),
        // Whoever announces something chooses the words.
        _ => t("{subject}", "{subject}"),
    }
}

/// On the button by which an offer is taken.
pub(super) const ACCEPT: Text = Text::new("Accept", "Annehmen");
/// On the button by which it is not.
pub(super) const DECLINE: Text = Text::new("Decline", "Ablehnen");
/// Said of a file that the reader does not see.
pub(super) const A_FILE: Text = Text::new("a file", "einer Datei");
/// Said in place of a name.
pub(super) const SOMEBODY: Text = Text::new("Somebody", "Jemand");
