//! The mail server of somebody else's, and what arrives at it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure, fail};
use crate::process::{Call, Log, Running};
use crate::server::free_port;
use crate::tools::python_program;

const SCRIPT: &str = include_str!("post_office.py");
const USER: &str = "cloud";
const PASSWORD: &str = "Stamps-and-ink-9";

/// A mail as it arrived.
#[derive(Debug)]
pub(super) struct Letter {
    /// The envelope's recipients.
    pub(super) to: Vec<String>,
    /// The header lines, unfolded, with encoded words (RFC 2047) as they are.
    pub(super) head: Vec<String>,
    /// The subject for people.
    pub(super) subject: String,
    /// The text for people.
    pub(super) body: String,
}

/// aiosmtpd, which is open or shut; its mails stay.
pub(super) struct PostOffice<'a> {
    context: &'a Context,
    log: &'a Log,
    dir: PathBuf,
    port: u16,
    open: Option<Running>,
}

impl<'a> PostOffice<'a> {
    /// Finds a place for it; it is not open yet.
    pub(super) fn build(context: &'a Context, log: &'a Log) -> Result<Self> {
        let dir = context.fresh_dir("post-office")?;
        std::fs::create_dir(dir.join("box")).context(dir.display())?;
        let script = dir.join("post_office.py");
        std::fs::write(&script, SCRIPT).context(script.display())?;
        Call::new(log, "openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-days", "2"])
            .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .dir(&dir)
            .run()?;
        Ok(Self { context, log, dir, port: free_port()?, open: None })
    }

    /// What the server under test has to be told, and the variables with which it starts.
    pub(super) fn directions(&self) -> Result<Vec<String>> {
        let config = self.dir.join("config.toml");
        let mail = format!(
            "[mail]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"starttls\"\n\
             user = \"{USER}\"\nfrom = \"Village <cloud@example.org>\"\n",
            self.port
        );
        std::fs::write(&config, mail).context(config.display())?;
        let certificate = self.dir.join("certificate.pem");
        Ok(vec![
            "env".into(),
            format!("ALLMENDE_CONFIG={}", text(&config)?),
            format!("ALLMENDE_MAIL_PASSWORD={PASSWORD}"),
            // What stands in the links of mails.
            "ALLMENDE_PUBLIC_URL=https://cloud.example.org".into(),
            // Only this one is trusted.
            format!("SSL_CERT_FILE={}", text(&certificate)?),
        ])
    }

    pub(super) fn open(&mut self) -> Result<()> {
        let at = |name: &str| self.dir.join(name);
        let running = Call::new(self.log, python_program(self.context, "python3")?)
            .args([at("post_office.py")])
            .env("MAIL_BOX", at("box"))
            .env("MAIL_USER", USER)
            .env("MAIL_PASSWORD", PASSWORD)
            .env("MAIL_CERTIFICATE", at("certificate.pem"))
            .env("MAIL_KEY", at("key.pem"))
            .env("MAIL_PORT", self.port.to_string())
            .dir(&self.dir)
            .limit(Duration::from_secs(600))
            .start()?;
        self.open = Some(running);
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            ensure!(Instant::now() < end, "aiosmtpd does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Kills it: who comes now finds nobody.
    pub(super) fn shut(&mut self) {
        self.open = None;
    }

    /// Waits until so many mails arrived since the beginning, and says what they are.
    pub(super) fn letters(&self, number: usize, limit: Duration) -> Result<Vec<Letter>> {
        let end = Instant::now() + limit;
        loop {
            let letters = self.arrived()?;
            if letters.len() >= number {
                ensure!(letters.len() == number, "{} mails instead of {number}", letters.len());
                return letters.iter().map(|path| self.read(path)).collect();
            }
            if Instant::now() > end {
                fail!("{} of {number} mails came within {} s", letters.len(), limit.as_secs());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn arrived(&self) -> Result<Vec<PathBuf>> {
        let dir = self.dir.join("box");
        let mut found = Vec::new();
        for file in std::fs::read_dir(&dir).context(dir.display())? {
            let path = file.context(dir.display())?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a mail with Python's own reader of mails, which is not ours.
    fn read(&self, path: &std::path::Path) -> Result<Letter> {
        const READER: &str = "import email, email.policy, json, sys\n\
            taken = json.load(open(sys.argv[1], encoding='utf-8'))\n\
            mail = email.message_from_string(taken['content'], policy=email.policy.default)\n\
            head = taken['content'].replace('\\r\\n', '\\n').split('\\n\\n', 1)[0]\n\
            head = head.replace('\\n ', ' ').replace('\\n\\t', ' ').split('\\n')\n\
            print(json.dumps({'to': taken['to'], 'tls': taken['tls'], 'head': head,\n\
            'subject': mail['subject'], 'body': mail.get_content()}))";
        let output = Call::new(self.log, python_program(self.context, "python3")?)
            .args(["-c", READER])
            .args([path])
            .run()?;
        let value: Value = serde_json::from_str(output.trim()).context(path.display())?;
        ensure!(value["tls"] == true, "{} came without TLS", path.display());
        let words = |list: &Value| -> Vec<String> {
            let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
            all.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
        };
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Letter {
            to: words(&value["to"]),
            head: words(&value["head"]),
            subject: word(&value["subject"]),
            body: word(&value["body"]).replace("\r\n", "\n"),
        })
    }
}
