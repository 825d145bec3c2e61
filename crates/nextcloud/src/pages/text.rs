//! The words of the pages, in German and English.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    German,
    English,
}

impl Language {
    /// The reader's choice among the two, by `Accept-Language` (RFC 9110, section 12.5.4);
    /// English if neither is asked for.
    pub(crate) fn accepted(header: Option<&str>) -> Self {
        let mut best = (0, Self::English);
        for range in header.unwrap_or_default().split(',').take(32) {
            let (tag, weight) = range.split_once(';').map_or((range, None), |(t, w)| (t, Some(w)));
            let language = match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
                Some("de") => Self::German,
                Some("en") => Self::English,
                _ => continue,
            };
            let weight = weight.and_then(|w| w.trim().strip_prefix("q="));
            let thousandths = match weight.map(str::parse::<f32>) {
                None => 1000,
                Some(Ok(q)) if (0.0..=1.0).contains(&q) => (q * 1000.0) as u32,
                Some(_) => continue,
            };
            if thousandths > best.0 {
                best = (thousandths, language);
            }
        }
        best.1
    }

    /// The tag for the `lang` attribute.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// The words.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::German => &GERMAN,
            Self::English => &ENGLISH,
        }
    }
}

/// The words of all pages.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) skip: &'static str,
    pub(crate) log_in: &'static str,
    pub(crate) log_out: &'static str,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) choose_password: &'static str,
    pub(crate) repeat_password: &'static str,
    pub(crate) passwords_differ: &'static str,
    pub(crate) unfit_password: &'static str,
    pub(crate) password_link_over: &'static str,
    pub(crate) wrong_password: &'static str,
    pub(crate) too_many_attempts: &'static str,
    pub(crate) form_expired: &'static str,
    pub(crate) connect_title: &'static str,
    pub(crate) connect_explain_before: &'static str,
    pub(crate) connect_explain_after: &'static str,
    pub(crate) connect_caution: &'static str,
    pub(crate) grant_title: &'static str,
    pub(crate) grant_who_before: &'static str,
    pub(crate) grant_who_after: &'static str,
    pub(crate) grant_explain_before: &'static str,
    pub(crate) grant_explain_after: &'static str,
    pub(crate) grant: &'static str,
    pub(crate) other_account: &'static str,
    pub(crate) connected_title: &'static str,
    pub(crate) connected: &'static str,
    pub(crate) refused_title: &'static str,
    pub(crate) invalid_request: &'static str,
    pub(crate) state_mismatch: &'static str,
    pub(crate) login_expired: &'static str,
    pub(crate) link_password_title: &'static str,
    pub(crate) link_open: &'static str,
    pub(crate) link_shared_by: &'static str,
    pub(crate) link_name: &'static str,
    pub(crate) link_size: &'static str,
    pub(crate) link_modified: &'static str,
    pub(crate) link_where: &'static str,
    pub(crate) link_empty: &'static str,
    pub(crate) link_more: &'static str,
    pub(crate) link_download: &'static str,
    pub(crate) link_download_all: &'static str,
    pub(crate) link_downloads_left: &'static str,
    pub(crate) link_add: &'static str,
    pub(crate) link_upload: &'static str,
    pub(crate) link_drop_explain: &'static str,
    pub(crate) link_nickname: &'static str,
    pub(crate) link_uploaded: &'static str,
    pub(crate) link_upload_failed: &'static str,
    pub(crate) link_upload_none: &'static str,
    pub(crate) link_nickname_bad: &'static str,
    pub(crate) link_wrong_password: &'static str,
    pub(crate) unknown_program: &'static str,
    pub(crate) not_found_title: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) profile_status: &'static str,
    pub(crate) profile_pronouns: &'static str,
    pub(crate) profile_role: &'static str,
    pub(crate) profile_organisation: &'static str,
    pub(crate) profile_address: &'static str,
    pub(crate) profile_email: &'static str,
    pub(crate) profile_phone: &'static str,
    pub(crate) profile_website: &'static str,
    pub(crate) profile_about: &'static str,
    pub(crate) maintenance_title: &'static str,
    pub(crate) maintenance: &'static str,
    pub(crate) home_title: &'static str,
    pub(crate) home_explain: &'static str,
    pub(crate) server_address: &'static str,
    pub(crate) webdav_address: &'static str,
}

static GERMAN: Words = Words {
    skip: "Zum Inhalt",
    log_in: "Anmelden",
    log_out: "Abmelden",
    user: "Kontoname oder E-Mail",
    password: "Passwort",
    choose_password: "Passwort wählen",
    repeat_password: "Passwort noch einmal",
    passwords_differ: "Die beiden Passwörter sind verschieden.",
    unfit_password: "Dieses Passwort ist zu kurz oder zu lang.",
    password_link_over: "Dieser Link gilt nicht mehr. Bitten Sie Ihre Verwaltung um einen neuen.",
    wrong_password: "Kontoname oder Passwort ist falsch.",
    too_many_attempts: "Zu viele Versuche. Bitte warten Sie eine halbe Stunde.",
    form_expired: "Das Formular ist abgelaufen. Bitte versuchen Sie es noch einmal.",
    connect_title: "Mit Ihrem Konto verbinden",
    connect_explain_before: "Melden Sie sich an, um ",
    connect_explain_after: " Zugriff auf Ihr Konto zu geben.",
    connect_caution: "Wenn Sie gerade kein Gerät und keine App verbinden wollten, schließen Sie diese Seite.",
    grant_title: "Zugriff erlauben",
    grant_who_before: "Sie sind angemeldet als ",
    grant_who_after: ".",
    grant_explain_before: "",
    grant_explain_after: " möchte auf Ihre Dateien und Ihr Konto zugreifen. Sie können das später widerrufen.",
    grant: "Zugriff erlauben",
    other_account: "Mit einem anderen Konto anmelden",
    connected_title: "Konto verbunden",
    connected: "Ihr Gerät oder Ihre App ist jetzt verbunden. Sie können dieses Fenster schließen.",
    refused_title: "Zugriff verweigert",
    invalid_request: "Ungültige Anfrage",
    state_mismatch: "Diese Anfrage passt nicht zu Ihrer Anmeldung. Beginnen Sie in der App noch einmal.",
    login_expired: "Diese Anmeldung ist abgelaufen oder unbekannt. Beginnen Sie in der App noch einmal.",
    link_password_title: "Dieser Link ist geschützt",
    link_open: "Öffnen",
    link_shared_by: "Geteilt von ",
    link_name: "Name",
    link_size: "Größe",
    link_modified: "Geändert",
    link_where: "Ordner",
    link_empty: "Dieser Ordner ist leer.",
    link_more: "Weitere anzeigen",
    link_download: "Herunterladen",
    link_download_all: "Alles als ZIP herunterladen",
    link_downloads_left: "Noch so oft herunterladbar: ",
    link_add: "Dateien hinzufügen",
    link_upload: "Hochladen",
    link_drop_explain: "Sie können hier Dateien abgeben. Was schon da ist, sehen Sie nicht.",
    link_nickname: "Ihr Name (freiwillig)",
    link_uploaded: "Angekommen: ",
    link_upload_failed: "Das konnte nicht gespeichert werden: ",
    link_upload_none: "Es wurde keine Datei ausgewählt.",
    link_nickname_bad: "Dieser Name kann nicht verwendet werden.",
    link_wrong_password: "Das Passwort ist falsch.",
    unknown_program: "Dieses Programm ist hier nicht zugelassen. Fragen Sie Ihre Verwaltung.",
    not_found_title: "Nicht gefunden",
    not_found: "Hier ist nichts, oder Sie dürfen es nicht sehen.",
    profile_status: "Aktuell:",
    profile_pronouns: "Pronomen",
    profile_role: "Funktion",
    profile_organisation: "Organisation",
    profile_address: "Anschrift",
    profile_email: "E-Mail",
    profile_phone: "Telefon",
    profile_website: "Website",
    profile_about: "Über mich",
    maintenance_title: "Wartung",
    maintenance: "Der Server wird gerade gewartet. Bitte versuchen Sie es in ein paar Minuten wieder.",
    home_title: "Ihre Dateien",
    home_explain: "Verbinden Sie die Nextcloud-App Ihres Rechners oder Telefons mit dieser Adresse.",
    server_address: "Adresse des Servers",
    webdav_address: "WebDAV-Adresse",
};

static ENGLISH: Words = Words {
    skip: "Skip to content",
    log_in: "Log in",
    log_out: "Log out",
    user: "Account name or email",
    password: "Password",
    choose_password: "Choose a password",
    repeat_password: "The password once more",
    passwords_differ: "The two passwords are not the same.",
    unfit_password: "This password is too short or too long.",
    password_link_over: "This link is not valid any more. Ask your administrator for another.",
    wrong_password: "Account name or password is wrong.",
    too_many_attempts: "Too many attempts. Please wait half an hour.",
    form_expired: "The form has expired. Please try again.",
    connect_title: "Connect to your account",
    connect_explain_before: "Log in to give ",
    connect_explain_after: " access to your account.",
    connect_caution: "If you are not connecting a device or an app right now, close this page.",
    grant_title: "Allow access",
    grant_who_before: "You are logged in as ",
    grant_who_after: ".",
    grant_explain_before: "",
    grant_explain_after: " wants to access your files and your account. You can take this back later.",
    grant: "Allow access",
    other_account: "Log in with another account",
    connected_title: "Account connected",
    connected: "Your device or app is connected now. You can close this window.",
    refused_title: "Access forbidden",
    invalid_request: "Invalid request",
    state_mismatch: "State token does not match. Start again in the app.",
    login_expired: "This login has expired or is not known. Start again in the app.",
    link_password_title: "This link is protected",
    link_open: "Open",
    link_shared_by: "Shared by ",
    link_name: "Name",
    link_size: "Size",
    link_modified: "Modified",
    link_where: "Folders",
    link_empty: "This folder is empty.",
    link_more: "Show more",
    link_download: "Download",
    link_download_all: "Download everything as a ZIP",
    link_downloads_left: "Downloads left: ",
    link_add: "Add files",
    link_upload: "Upload",
    link_drop_explain: "You can hand in files here. You do not see what is there already.",
    link_nickname: "Your name (optional)",
    link_uploaded: "Received: ",
    link_upload_failed: "This could not be stored: ",
    link_upload_none: "No file was chosen.",
    link_nickname_bad: "This name cannot be used.",
    link_wrong_password: "The password is wrong.",
    unknown_program: "This program is not authorized here. Ask your administration.",
    not_found_title: "Not found",
    not_found: "There is nothing here, or you may not see it.",
    profile_status: "At present:",
    profile_pronouns: "Pronouns",
    profile_role: "Role",
    profile_organisation: "Organisation",
    profile_address: "Address",
    profile_email: "E-mail",
    profile_phone: "Telephone",
    profile_website: "Website",
    profile_about: "About me",
    maintenance_title: "Maintenance",
    maintenance: "The server is being worked on. Please try again in a few minutes.",
    home_title: "Your files",
    home_explain: "Connect the Nextcloud app of your computer or phone to this address.",
    server_address: "Server address",
    webdav_address: "WebDAV address",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_chooses() {
        let choice = |header| Language::accepted(Some(header)).tag();
        assert_eq!(choice("de-DE,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(choice("en-GB,de;q=0.5"), "en");
        assert_eq!(choice("fr, de;q=0.3"), "de");
        assert_eq!(choice("de;q=0, en;q=0.1"), "en");
        assert_eq!(choice("tlh, *;q=0.5, ;;;"), "en");
        assert_eq!(Language::accepted(None).tag(), "en");
    }
}
