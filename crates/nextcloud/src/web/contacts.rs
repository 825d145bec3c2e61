//! The menu of contacts: people of this server, and how to reach them.

use allmende_accounts::{Authenticated, Person};
use allmende_ocs::{OcsError, endpoints::user_status::OwnStatus};
use allmende_sharing::{Caller, ShareKind, ShareeQuery};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{Web, fields, forged, not_logged_in, unavailable};
use crate::{
    auth,
    dav::Body,
    discovery,
    ocs::{contact::Shown, language, user_status},
    pages::Language,
};

/// The share types of `findOne` that mean people of this server.
const PERSON: &str = "0";
const ADDRESS: &str = "4";

impl Web<'_> {
    /// `/contactsmenu/contacts`, `findOne` and `teams`.
    pub(super) async fn contacts(&self, call: &str, request: Request<Body>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let who = match self.inner.authenticate(&parts, self.origin).await {
            Ok(who) => who,
            Err(stranger) => return not_logged_in(&stranger),
        };
        if parts.method == Method::POST
            && !auth::is_own(
                &self.inner.accounts,
                &who,
                &parts.headers,
                self.inner.session_cookie(),
            )
        {
            return forged();
        }
        let method = parts.method.clone();
        let language = language(&who.person.language, &parts.headers);
        let Ok(fields) = fields(Request::from_parts(parts, body)).await else {
            return discovery::empty(StatusCode::BAD_REQUEST);
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let answer = match (call, method) {
            ("contacts", Method::POST) => self.menu(&who, language, field("filter")).await,
            ("findOne", Method::POST) => {
                self.one(&who, language, field("shareType"), field("shareWith")).await
            }
            ("teams", Method::GET) => Ok(Some(json!([]))),
            _ => return discovery::empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        match answer {
            Ok(Some(value)) => discovery::json(StatusCode::OK, &value),
            Ok(None) => discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
            Err(_) => unavailable(),
        }
    }

    /// People whose name or address contains a text; those who said something last come
    /// first.
    async fn menu(
        &self,
        who: &Authenticated,
        language: Language,
        filter: &str,
    ) -> Result<Option<Value>, OcsError> {
        let text = filter.to_lowercase();
        let mut people = self.find(who, filter).await?;
        // The id alone finds nobody here.
        people.retain(|person| {
            let address = person.email.as_deref().unwrap_or_default().to_lowercase();
            person.display_name.to_lowercase().contains(&text) || address.contains(&text)
        });
        let mut entries = self.entries(language, &people).await?;
        entries.sort_by_key(|entry| std::cmp::Reverse(entry["statusMessageTimestamp"].as_i64()));
        Ok(Some(json!({ "contacts": entries, "contactsAppEnabled": false })))
    }

    async fn one(
        &self,
        who: &Authenticated,
        language: Language,
        kind: &str,
        name: &str,
    ) -> Result<Option<Value>, OcsError> {
        if name.is_empty() || !matches!(kind, PERSON | ADDRESS) {
            return Ok(None);
        }
        let found = self.find(who, name).await?;
        let person = found.into_iter().find(|person| match kind {
            PERSON => person.id.key() == name.to_lowercase(),
            _ => person.email.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(name)),
        });
        let entries = self.entries(language, person.as_slice()).await?;
        Ok(entries.into_iter().next())
    }

    /// People whom a search finds, within what this person may see of others.
    async fn find(&self, who: &Authenticated, text: &str) -> Result<Vec<Person>, OcsError> {
        let caller = Caller { person: &who.person.id, now: self.inner.now() };
        let mut query = ShareeQuery::new(text);
        query.kinds = vec![ShareKind::Person];
        let found = self.inner.sharing.sharees(caller, &query).await;
        let found = found.map_err(|_| OcsError::unavailable())?;
        Ok(found.exact.people.into_iter().chain(found.wide.people).collect())
    }

    async fn entries(&self, language: Language, people: &[Person]) -> Result<Vec<Value>, OcsError> {
        let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
        let profiles = self.inner.accounts.profiles(&ids).await;
        let profiles = profiles.map_err(|_| OcsError::unavailable())?;
        let statuses = user_status::kept_by(self.inner, &ids).await?;
        let base = self.origin.base_url();
        let all = people.iter().zip(&profiles).zip(statuses);
        Ok(all
            .map(|((person, fields), status)| {
                entry(&base, language, &Shown::new(person, fields), person, status)
            })
            .collect())
    }
}

fn entry(
    base: &str,
    language: Language,
    shown: &Shown<'_>,
    person: &Person,
    kept: Option<(OwnStatus, i64)>,
) -> Value {
    let page = shown.page(base, language);
    let (title, address) = page.as_ref().map(|page| (&page.title, &page.target)).unzip();
    let (title, address) = (title.cloned(), address.cloned());
    let mut actions: Vec<Value> = page
        .into_iter()
        .chain(shown.ways(base))
        .map(|way| {
            json!({ "title": way.title, "icon": way.icon, "hyperlink": way.target, "appId": way.app })
        })
        .collect();
    let top = if actions.is_empty() { Value::Null } else { actions.remove(0) };
    let addresses: Vec<&str> = shown.get("email").into_iter().collect();
    let id = person.id.as_str();
    let presence = kept
        .as_ref()
        .map(|(status, _)| user_status::presence_name(status.status.as_others_see_it()));
    let message = kept.as_ref().and_then(|(status, _)| status.message.clone());
    let since = kept.as_ref().filter(|_| message.is_some()).map(|(_, since)| *since);
    json!({
        "id": id,
        "fullName": person.display_name,
        "avatar": format!("{base}/avatar/{id}/64"),
        "topAction": top,
        "actions": actions,
        "lastMessage": "",
        "emailAddresses": addresses,
        "profileTitle": title,
        "profileUrl": address,
        "status": presence,
        "statusMessage": message,
        "statusMessageTimestamp": since,
        "statusIcon": kept.and_then(|(status, _)| status.icon),
        "isUser": true,
        "uid": id,
    })
}
