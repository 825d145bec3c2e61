//! Mails to new people, and the page to which they lead.

use std::sync::Mutex;

use allmende_sharing::{Mail, MailError, Mailer};
use async_trait::async_trait;

use crate::common::{Answer, Client, World};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// A mail server that takes everything.
#[derive(Debug, Default)]
struct Post(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// What lies in the outbox.
async fn mails(world: &World) -> Vec<Mail> {
    let post = Post::default();
    world.sharing.send_mails(&post, 50, allmende_files::Clock::now(&*world.clock)).await.unwrap();
    post.0.into_inner().unwrap()
}

/// The path of the link in a mail.
fn link(mail: &Mail) -> String {
    let url = mail.body.lines().find(|line| line.contains("/lostpassword/")).expect(&mail.body);
    url.strip_prefix("https://cloud.example.org").unwrap().to_owned()
}

/// Opens the page of a link, and fills in the form.
async fn choose(client: &Client, link: &str, password: &str, repeated: &str) -> Answer {
    let page = client.get(link).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let cookie = page.cookie("oc48fzr4wkqv").unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("requesttoken", &page.field("requesttoken"))
        .append_pair("password", password)
        .append_pair("repeated", repeated)
        .finish();
    let browser = client.clone().with("cookie", format!("oc48fzr4wkqv={cookie}"));
    browser.send("POST", link, &FORM, form).await
}

#[tokio::test]
async fn who_is_made_without_a_password_chooses_one() {
    let world = World::new().await;
    let carol = "userid=carol&displayName=Carol&email=carol%40example.org";
    assert_eq!(world.root().ocs("POST", "/cloud/users", carol).await.http, 200);
    let mut sent = mails(&world).await;
    let mail = sent.remove(0);
    assert!(sent.is_empty());
    assert_eq!(
        (mail.recipient.as_str(), mail.subject.as_str()),
        ("carol@example.org", "Your account at Allmende")
    );
    assert!(mail.body.starts_with("Hello Carol,\n") && mail.body.contains("called: carol\n"));

    let (link, browser) = (link(&mail), world.stranger());
    let differ = choose(&browser, &link, "A-good-password-1", "A-good-password-2").await;
    assert!(differ.text().contains("The two passwords are not the same."));
    let weak = choose(&browser, &link, "short", "short").await;
    assert!(weak.text().contains("at least 10 characters long"), "{}", weak.text());
    // A form that comes from elsewhere changes nothing.
    let forged = "password=A-good-password-1&repeated=A-good-password-1";
    let forged = browser.send("POST", &link, &FORM, forged).await;
    assert!(forged.text().contains("expired"), "{}", forged.text());

    let done = choose(&browser, &link, "A-good-password-1", "A-good-password-1").await;
    let place = done.header("location");
    assert_eq!((done.status, place), (303, Some("https://cloud.example.org/login?user=carol")));
    let carol = world.person("carol", "A-good-password-1");
    assert_eq!(carol.ocs("GET", "/cloud/user", "").await.data["id"], "carol");
    // Once.
    let again = browser.get(&link).await;
    assert_eq!(again.status, 404);
    assert!(again.text().contains("not valid any more"));
}

#[tokio::test]
async fn links_end_by_time_by_another_link_and_by_another_password() {
    let world = World::new().await;
    let (root, browser) = (world.root(), world.stranger());
    let make = async |id: &str| {
        let form = format!("userid={id}&email={id}%40example.org&language=de");
        assert_eq!(root.ocs("POST", "/cloud/users", &form).await.http, 200);
        let mail = mails(&world).await.remove(0);
        assert_eq!(mail.subject, "Ihr Konto bei Allmende");
        link(&mail)
    };
    let (first, other) = (make("carol").await, make("dave").await);
    assert_eq!(root.ocs("POST", "/cloud/users/carol/welcome", "").await.http, 200);
    let second = link(&mails(&world).await.remove(0));
    assert_eq!(browser.get(&first).await.status, 404);
    assert_eq!(browser.get(&second).await.status, 200);
    // Whoever has the link of one person has none of another's.
    assert_eq!(browser.get(&other).await.status, 200);
    let change = "key=password&value=Another-password-1";
    assert_eq!(root.ocs("PUT", "/cloud/users/dave", change).await.http, 200);
    assert_eq!(browser.get(&other).await.status, 404);
    world.clock.forward(7 * 24 * 3600 + 1);
    assert_eq!(browser.get(&second).await.status, 404);
    for none in ["/lostpassword/reset/form/x", "/index.php/lostpassword/reset/form/"] {
        assert_eq!(browser.get(none).await.status, 404, "{none}");
    }
    let put = browser.send("PUT", &second, &[], "").await;
    assert_eq!(put.status, 405);
}

#[tokio::test]
async fn who_has_a_password_is_told_where_to_sign_in() {
    let world = World::new().await;
    let (root, welcome) = (world.root(), "/cloud/users/bob/welcome");
    assert_eq!(root.ocs("POST", welcome, "").await.http, 200);
    let mail = mails(&world).await.remove(0);
    assert!(mail.body.contains("\nSign in at:\nhttps://cloud.example.org\n"), "{}", mail.body);
    assert!(!mail.body.contains("lostpassword"));
    // Only who manages people sends mails to them.
    assert_eq!(world.alice().ocs("POST", welcome, "").await.http, 403);
    root.ocs("PUT", "/cloud/users/bob", "key=email&value=").await;
    let answer = root.ocs("POST", welcome, "").await;
    assert_eq!((answer.code, answer.message.as_str()), (101, "Email address not available"));

    let key = "/apps/provisioning_api/api/v1/config/apps/core/newUser.sendEmail";
    assert_eq!(root.ocs("POST", key, "value=no").await.http, 200);
    let carol = "userid=carol&password=A-good-password-1&email=carol%40example.org";
    assert_eq!(root.ocs("POST", "/cloud/users", carol).await.http, 200);
    assert!(mails(&world).await.is_empty());
}
