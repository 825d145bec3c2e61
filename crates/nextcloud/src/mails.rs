//! What stands in mails to people of this server.

use allmende_accounts::{Person, Secret};
use allmende_sharing::Mail;

use crate::pages::Language;

/// The mail to somebody who has an account: where it is and what it is called, and by which
/// link to choose a password, if they have none.
///
/// `url` is the address of the installation, as its operator wrote it: one that a request
/// names could be anybody's, and would get the link.
pub(crate) fn welcome(
    person: &Person,
    address: &str,
    installation: &str,
    url: &str,
    link: Option<&Secret>,
    language: Language,
) -> Mail {
    let (name, id) = (&person.display_name, &person.id);
    let place = link.map(|token| choose_password(url, token));
    let (subject, body) = match language {
        Language::English => {
            let subject = format!("Your account at {installation}");
            let how = place.map_or_else(String::new, |place| {
                format!(
                    "Choose a password first. This link is good for seven days:\n{place}\n\nThen "
                )
            });
            let sign = if how.is_empty() { "Sign in at:" } else { "sign in at:" };
            let body = format!(
                "Hello {name},\n\nyou have an account at {installation}. It is called: {id}\n\n\
                 {how}{sign}\n{url}\n"
            );
            (subject, body)
        }
        Language::German => {
            let subject = format!("Ihr Konto bei {installation}");
            let how = place.map_or_else(String::new, |place| {
                format!(
                    "Wählen Sie zuerst ein Passwort. Dieser Link gilt sieben Tage:\n{place}\n\n"
                )
            });
            let sign =
                if how.is_empty() { "Melden Sie sich an:" } else { "Melden Sie sich danach an:" };
            let body = format!(
                "Guten Tag {name},\n\nSie haben ein Konto bei {installation}. Es heißt: {id}\n\n\
                 {how}{sign}\n{url}\n"
            );
            (subject, body)
        }
    };
    Mail::new(address.to_owned(), &subject, body)
}

/// The address of the page on which a password is chosen.
fn choose_password(url: &str, token: &Secret) -> String {
    format!("{url}/index.php/lostpassword/reset/form/{}", token.expose())
}
