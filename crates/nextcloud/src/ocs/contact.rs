//! How to reach a person, as far as they show it.

use allmende_accounts::{Person, ProfileField};
use allmende_ocs::OcsError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Call,
    rich::{self, Text},
    unavailable,
};
use crate::pages::Language;

const VIEW_PROFILE: Text = Text::new("View profile", "Profil anzeigen");

/// What stays as it is in an address of a mail or a telephone.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');

/// A way to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// The field that it comes from.
    pub(crate) field: &'static str,
    /// The part of the original that offers it.
    pub(crate) app: &'static str,
    pub(crate) title: String,
    pub(crate) icon: String,
    pub(crate) target: String,
}

/// To whom something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// People of this server.
    People,
    /// Everybody.
    Strangers,
}

/// What a person shows to others.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    person: &'a Person,
    fields: &'a [ProfileField],
    audience: Audience,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(person: &'a Person, fields: &'a [ProfileField]) -> Self {
        Self { person, fields, audience: Audience::People }
    }

    /// The same for somebody else.
    pub(crate) fn to(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    fn find(&self, name: &str) -> Option<&'a ProfileField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether a field is told: to people of this server if it is neither private nor hidden,
    /// to strangers if it is for other servers and not for people only.
    ///
    /// What nobody has chosen is as by the original: names and pictures are for other servers,
    /// and how to reach somebody is for people only.
    pub(crate) fn is_told(&self, name: &str) -> bool {
        let scope = self.find(name).map_or("", |field| &*field.scope);
        let visibility = self.find(&visibility_field(name)).map_or("", |field| &*field.value);
        if scope == "v2-private" || visibility == "hide" {
            return false;
        }
        let federated = match scope {
            "" => matches!(name, "avatar" | "displayname" | "email" | "pronouns"),
            scope => matches!(scope, "v2-federated" | "v2-published"),
        };
        let open = match visibility {
            "" => !matches!(name, "address" | "birthdate" | "email" | "phone"),
            visibility => visibility == "show",
        };
        self.audience == Audience::People || federated && open
    }

    /// A field, if there is something in it and it is told.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let value = match name {
            "email" => self.person.email.as_deref(),
            "displayname" => Some(&*self.person.display_name),
            _ => self.find(name).map(|field| &*field.value),
        };
        value.filter(|value| !value.is_empty() && self.is_told(name))
    }

    /// Whether the person has a page.
    pub(crate) fn has_page(&self) -> bool {
        self.find("profile_enabled").is_none_or(|field| field.value != "0")
    }

    /// The way to the person's page, if they have one.
    pub(crate) fn page(&self, base: &str, language: Language) -> Option<Way> {
        let way = || Way {
            field: "profile",
            app: "profile",
            title: VIEW_PROFILE.of(language).to_owned(),
            icon: format!("{base}/core/img/logo.svg"),
            target: page_of(base, self.person.id.as_str()),
        };
        self.has_page().then(way)
    }

    /// The ways to reach the person, for a server at this address.
    pub(crate) fn ways(&self, base: &str) -> Vec<Way> {
        let icon = format!("{base}/core/img/logo.svg");
        let mut ways = Vec::new();
        let mut add = |field, app, title: String, target: String| {
            ways.push(Way { field, app, title, icon: icon.clone(), target });
        };
        if let Some(mail) = self.get("email") {
            let target = format!("mailto:{}", utf8_percent_encode(mail, PLAIN));
            add("email", "email", mail.to_owned(), target);
        }
        if let Some(phone) = self.get("phone") {
            add(
                "phone",
                "phone",
                phone.to_owned(),
                format!("tel:{}", utf8_percent_encode(phone, PLAIN)),
            );
        }
        // What is kept begins with a scheme of the web; see `profile::tidy`.
        if let Some(website) = self.get("website") {
            add("website", "website", website.to_owned(), website.to_owned());
        }
        if let Some(name) = self.get("twitter") {
            let target = format!("https://x.com/{}", utf8_percent_encode(name, PLAIN));
            add("twitter", "twitter", format!("@{name}"), target);
        }
        if let Some(name) = self.get("bluesky") {
            let name_in_path = utf8_percent_encode(name, PLAIN);
            let target = format!("https://bsky.app/profile/{name_in_path}");
            add("bluesky", "bluesky", format!("@{name}"), target);
        }
        if let Some((name, server)) = self.get("fediverse").and_then(|name| name.split_once('@')) {
            let target = format!("https://{server}/@{}", utf8_percent_encode(name, PLAIN));
            add("fediverse", "fediverse", format!("@{name}@{server}"), target);
        }
        ways
    }
}

/// The address of the page that a person shows to others.
pub(crate) fn page_of(base: &str, person: &str) -> String {
    format!("{base}/u/{}", utf8_percent_encode(person, PLAIN))
}

/// The field in which a person's choice of who sees another one is kept.
pub(crate) fn visibility_field(name: &str) -> String {
    format!(".profile/{name}")
}

/// The way to a person's page, and those to reach them.
pub(super) async fn ways(call: &Call<'_>, person: &Person) -> Result<Vec<Way>, OcsError> {
    let fields = call.accounts.profile(&person.id).await.map_err(unavailable)?;
    let language = rich::language(&call.who()?.person.language, call.headers);
    let (shown, base) = (Shown::new(person, &fields), call.origin.base_url());
    let mut ways: Vec<Way> = shown.page(&base, language).into_iter().collect();
    ways.extend(shown.ways(&base));
    Ok(ways)
}
