//! Mails to a real SMTP server on the loopback interface.

#![cfg(feature = "smtp")]
#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

use std::{
    io::{self, BufRead, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use allmende_sharing::{Encryption, Mail, MailError, Mailer, SmtpMailer, SmtpOptions};
use mailin::{Action, Handler, Response, SessionBuilder, response};

/// What the server took.
type Box = Arc<Mutex<Vec<Taken>>>;

#[derive(Debug, Clone, Default)]
struct Taken {
    from: String,
    to: Vec<String>,
    text: String,
}

#[derive(Debug, Clone, Default)]
struct Postman {
    taken: Box,
    current: Taken,
}

impl Handler for Postman {
    fn mail(&mut self, _ip: std::net::IpAddr, _domain: &str, from: &str) -> Response {
        self.current = Taken { from: from.to_owned(), ..Taken::default() };
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match to {
            "gone@example.net" => response::NO_MAILBOX,
            "busy@example.net" => response::INTERNAL_ERROR,
            _ => {
                self.current.to.push(to.to_owned());
                response::OK
            }
        }
    }

    fn data(&mut self, buf: &[u8]) -> io::Result<()> {
        self.current.text.push_str(&String::from_utf8_lossy(buf));
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.taken.lock().unwrap().push(self.current.clone());
        response::OK
    }
}

/// A server that lives as long as the test's process. The protocol is that of the crate
/// `mailin`; here are only the sockets.
fn serve() -> (u16, Box) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Box::default();
    let postman = Postman { taken: Arc::clone(&taken), ..Postman::default() };
    thread::spawn(move || {
        for client in listener.incoming() {
            let postman = postman.clone();
            // A client that hangs up is no failure of the server.
            thread::spawn(move || drop(talk(&client.unwrap(), postman)));
        }
    });
    (port, taken)
}

fn talk(client: &TcpStream, postman: Postman) -> io::Result<()> {
    let address = client.peer_addr()?.ip();
    let mut session = SessionBuilder::new("mail.example.net").build(address, postman);
    let (mut lines, mut out) = (BufReader::new(client), client);
    session.greeting().write_to(&mut out)?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let response = session.process(&line);
        line.clear();
        match response.action {
            Action::NoReply => {}
            Action::Reply => response.write_to(&mut out)?,
            _ => return response.write_to(&mut out),
        }
    }
    Ok(())
}

fn mailer(port: u16, encryption: Encryption) -> SmtpMailer {
    let mut options = SmtpOptions::new("127.0.0.1", "Cloud <cloud@example.org>");
    (options.port, options.encryption) = (port, encryption);
    SmtpMailer::new(&options).unwrap()
}

fn mail(to: &str) -> Mail {
    let subject = "Ä\r\nBcc: everybody@example.net";
    let mut mail = Mail::new(
        to.to_owned(),
        subject,
        format!("Grüße\n.\nund mehr{}\n", " und noch etwas".repeat(20)),
    );
    mail.reply_to = Some("alice@example.org".to_owned());
    mail
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let (port, taken) = serve();
    mailer(port, Encryption::None).send(&mail("x@example.net")).await.unwrap();
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].from.as_str(), &*taken[0].to),
        ("cloud@example.org", &["x@example.net".to_owned()][..])
    );
    let text = taken[0].text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    for line in
        ["From: Cloud <cloud@example.org>", "To: x@example.net", "Reply-To: alice@example.org"]
    {
        assert!(head.lines().any(|of| of == line), "{line} in {head}");
    }
    // What stands in a subject begins no header.
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    // Quoted-printable, with the lone dot doubled by the client and undoubled by the server.
    assert!(body.starts_with("Gr=C3=BC=C3=9Fe\n.\nund mehr"), "{body}");
}

#[tokio::test]
async fn refusals_are_for_good_or_for_now() {
    let (port, taken) = serve();
    let mailer = mailer(port, Encryption::None);
    for never in ["gone@example.net", "no address", ""] {
        let refused = mailer.send(&mail(never)).await;
        assert!(matches!(refused, Err(MailError::Never(_))), "{never}: {refused:?}");
    }
    let busy = mailer.send(&mail("busy@example.net")).await;
    assert!(matches!(busy, Err(MailError::Later(_))), "{busy:?}");
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_without_the_encryption_asked_for() {
    let (port, taken) = serve();
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let mut options = SmtpOptions::new("127.0.0.1", "cloud@example.org");
        (options.port, options.encryption) = (port, encryption);
        options.timeout = std::time::Duration::from_secs(2);
        let sent = SmtpMailer::new(&options).unwrap().send(&mail("x@example.net")).await;
        assert!(sent.is_err(), "{encryption:?}");
    }
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_server_it_is_later() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sent = mailer(port, Encryption::None).send(&mail("x@example.net")).await;
    assert!(matches!(sent, Err(MailError::Later(_))), "{sent:?}");
    assert!(SmtpMailer::new(&SmtpOptions::new("127.0.0.1", "nobody")).is_err());
}
