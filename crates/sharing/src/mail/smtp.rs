//! Sending over SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use super::{Mail, MailError, Mailer};

/// Which mail server to hand mails to, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SmtpOptions {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// The name and password to log in with, if the server wants that.
    pub login: Option<(String, String)>,
    /// The sender: an address, or `Name <address>`.
    pub from: String,
    /// How long to wait for each answer.
    pub timeout: Duration,
}

impl SmtpOptions {
    /// A server on port 465, by TLS from the first byte.
    #[must_use]
    pub fn new(host: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: 465,
            encryption: Encryption::Tls,
            login: None,
            from: from.into(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after `STARTTLS`; without it nothing is sent.
    StartTls,
    /// None. For a server on the same machine.
    None,
}

/// A [`Mailer`] over SMTP.
///
/// ```
/// use allmende_sharing::{Encryption, SmtpMailer, SmtpOptions};
///
/// let mut options = SmtpOptions::new("mail.example.org", "Cloud <cloud@example.org>");
/// (options.port, options.encryption) = (587, Encryption::StartTls);
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # let _inside = runtime.enter();
/// let mailer = SmtpMailer::new(&options)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// A mailer; the server is asked when the first mail is sent.
    ///
    /// # Errors
    /// [`MailError::Never`] for a sender that is no address, or a host that is no name.
    pub fn new(options: &SmtpOptions) -> Result<Self, MailError> {
        let never =
            |what: &str, e: &dyn std::fmt::Display| MailError::Never(format!("{what}: {e}"));
        let from = options.from.parse().map_err(|e| never("the sender's address", &e))?;
        let parameters =
            || TlsParameters::new(options.host.clone()).map_err(|e| never("the server's name", &e));
        let tls = match options.encryption {
            Encryption::Tls => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(options.timeout));
        if let Some((name, password)) = options.login.clone() {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(Self { transport: builder.build(), from })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let never = |e: &dyn std::fmt::Display| MailError::Never(e.to_string());
        let mailbox = |address: &str| -> Result<Mailbox, MailError> {
            let address = address.parse().map_err(|e| never(&e))?;
            Ok(Mailbox::new(None, address))
        };
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(mailbox(&mail.recipient)?)
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN);
        if let Some(address) = &mail.reply_to {
            message = message.reply_to(mailbox(address)?);
        }
        let message = message.body(mail.body.clone()).map_err(|e| never(&e))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(refused) if refused.is_permanent() => Err(MailError::Never(refused.to_string())),
            Err(failed) => Err(MailError::Later(failed.to_string())),
        }
    }
}
