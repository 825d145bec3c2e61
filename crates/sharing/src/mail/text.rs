//! What stands in the mails.

use std::fmt::Write as _;

use allmende_types::Timestamp;

use super::Mail;
use crate::Day;

/// What a mail about a share says.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) address: &'a str,
    pub(crate) reply_to: Option<String>,
    pub(crate) sender: &'a str,
    /// The language of who shares, as a tag: that of a recipient by mail is not known.
    pub(crate) language: &'a str,
    pub(crate) name: &'a str,
    pub(crate) note: &'a str,
    pub(crate) url: &'a str,
    pub(crate) expires: Option<Timestamp>,
}

impl Shared<'_> {
    fn is_german(&self) -> bool {
        let (language, _) = self.language.split_at_checked(2).unwrap_or((self.language, ""));
        language.eq_ignore_ascii_case("de")
    }

    fn mail(&self, subject: &str, body: String) -> Mail {
        let reply_to = self.reply_to.clone();
        Mail { reply_to, ..Mail::new(self.address.to_owned(), subject, body) }
    }
}

/// The mail to the recipient of a share by mail.
pub(crate) fn shared_with_you(share: &Shared<'_>) -> Mail {
    let Shared { sender, name, note, url, expires, .. } = share;
    let german = share.is_german();
    // What people called themselves and their files stays on its line.
    let (sender, name) = (&one_line(sender), &one_line(name));
    let subject = match german {
        true => format!("{sender} teilt \u{201e}{name}\u{201c} mit Ihnen"),
        false => format!("{sender} shared \u{201c}{name}\u{201d} with you"),
    };
    let mut body = format!("{subject}.\n");
    if !note.is_empty() {
        let writes = if german { "schreibt" } else { "writes" };
        let _ = write!(body, "\n{sender} {writes}:\n");
        for line in note.lines() {
            let _ = writeln!(body, "> {line}");
        }
    }
    let open = if german { "Sie finden es unter" } else { "Open it at" };
    let _ = write!(body, "\n{open}:\n{url}\n");
    if let Some(last) = expires.map(Day::of) {
        let _ = match german {
            true => write!(body, "\nEs ist bis zum {last} geteilt.\n"),
            false => write!(body, "\nThe share ends on {last}.\n"),
        };
    }
    share.mail(&subject, body)
}

/// The mail that tells the recipient of a share by mail its password, apart from the link.
pub(crate) fn password_of(share: &Shared<'_>, password: &str) -> Mail {
    let (sender, name) = (one_line(share.sender), one_line(share.name));
    let (subject, body) = match share.is_german() {
        true => (
            format!("Das Passwort für \u{201e}{name}\u{201c}"),
            format!(
                "{sender} teilt \u{201e}{name}\u{201c} mit Ihnen. Den Link haben Sie mit einer \
                 anderen Mail bekommen.\n\nDas Passwort lautet:\n{password}\n\nBehalten Sie es \
                 für sich.\n"
            ),
        ),
        false => (
            format!("The password for \u{201c}{name}\u{201d}"),
            format!(
                "{sender} shared \u{201c}{name}\u{201d} with you. You got the link by another \
                 mail.\n\nThe password is:\n{password}\n\nKeep it to yourself.\n"
            ),
        ),
    };
    share.mail(&subject, body)
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_says_who_what_where_and_how_long() {
        let mut shared = Shared {
            address: "x@example.org",
            reply_to: Some("a@example.org".to_owned()),
            sender: "Alice\r\nBcc: all@example.org",
            language: "en",
            name: "plan.txt",
            note: "Hi,\nsee below",
            url: "https://cloud.example.org/s/abc",
            expires: Some(Timestamp::from_unix(1_799_150_400)),
        };
        let mail = shared_with_you(&shared);
        assert_eq!(
            mail.subject,
            "Alice  Bcc: all@example.org shared \u{201c}plan.txt\u{201d} with you"
        );
        assert!(mail.body.contains("> Hi,\n> see below\n"));
        assert!(mail.body.contains("\nOpen it at:\nhttps://cloud.example.org/s/abc\n"));
        assert!(mail.body.ends_with("The share ends on 2027-01-05.\n"));
        assert!(password_of(&shared, "geheim").body.contains("\nThe password is:\ngeheim\n"));
        (shared.language, shared.sender) = ("de_DE", "Alice");
        let mail = shared_with_you(&shared);
        assert_eq!(mail.subject, "Alice teilt \u{201e}plan.txt\u{201c} mit Ihnen");
        assert!(mail.body.contains("\nAlice schreibt:\n> Hi,\n"));
        assert!(mail.body.contains("\nSie finden es unter:\nhttps://cloud.example.org/s/abc\n"));
        assert!(mail.body.ends_with("Es ist bis zum 2027-01-05 geteilt.\n"));
        let mail = password_of(&shared, "geheim");
        assert_eq!(mail.subject, "Das Passwort für \u{201e}plan.txt\u{201c}");
        assert!(mail.body.contains("\nDas Passwort lautet:\ngeheim\n"));
    }
}
