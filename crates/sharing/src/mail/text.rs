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
    pub(crate) name: &'a str,
    pub(crate) note: &'a str,
    pub(crate) url: &'a str,
    pub(crate) expires: Option<Timestamp>,
}

/// The mail to the recipient of a share by mail.
pub(crate) fn shared_with_you(share: &Shared<'_>) -> Mail {
    let Shared { address, reply_to, sender, name, note, url, expires } = share;
    let subject = format!("{sender} shared \u{201c}{name}\u{201d} with you");
    let mut body = format!("{sender} shared \u{201c}{name}\u{201d} with you.\n");
    if !note.is_empty() {
        let _ = write!(body, "\n{sender} writes:\n");
        for line in note.lines() {
            let _ = writeln!(body, "> {line}");
        }
    }
    let _ = write!(body, "\nOpen it at:\n{url}\n");
    if let Some(last) = expires {
        let _ = write!(body, "\nThe share ends on {}.\n", Day::of(*last));
    }
    Mail { reply_to: reply_to.clone(), ..Mail::new((*address).to_owned(), &subject, body) }
}

/// The mail that tells the recipient of a share by mail its password, apart from the link.
pub(crate) fn password_of(share: &Shared<'_>, password: &str) -> Mail {
    let Shared { address, reply_to, sender, name, .. } = share;
    let subject = format!("The password for \u{201c}{name}\u{201d}");
    let body = format!(
        "{sender} shared \u{201c}{name}\u{201d} with you. You got the link by another mail.\n\
         \nThe password is:\n{password}\n\nKeep it to yourself.\n"
    );
    Mail { reply_to: reply_to.clone(), ..Mail::new((*address).to_owned(), &subject, body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_says_who_what_where_and_how_long() {
        let mail = shared_with_you(&Shared {
            address: "x@example.org",
            reply_to: Some("a@example.org".to_owned()),
            sender: "Alice\r\nBcc: all@example.org",
            name: "plan.txt",
            note: "Hi,\nsee below",
            url: "https://cloud.example.org/s/abc",
            expires: Some(Timestamp::from_unix(1_799_150_400)),
        });
        assert_eq!(
            mail.subject,
            "Alice  Bcc: all@example.org shared \u{201c}plan.txt\u{201d} with you"
        );
        assert!(mail.body.contains("> Hi,\n> see below\n"));
        assert!(mail.body.contains("\nOpen it at:\nhttps://cloud.example.org/s/abc\n"));
        assert!(mail.body.ends_with("The share ends on 2027-01-05.\n"));
    }
}
