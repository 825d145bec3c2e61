//! The page that a person shows to others: as much of it as they show to whoever looks.

use allmende_accounts::{Person, Status};
use allmende_sharing::Look;
use allmende_types::UserId;
use bytes::Bytes;
use http::{Response, request::Parts};

use super::{Web, not_found, not_logged_in, unavailable};
use crate::{
    auth::Stranger,
    ocs::{
        contact::{Audience, Shown},
        user_status,
    },
    pages::profile::Profile,
};

impl Web<'_> {
    /// `/u/{id}`. Somebody who is not there, has no page or is not for the reader looks the
    /// same: nobody learns by it who has an account.
    pub(super) async fn profile(&self, user: &str, request: &Parts) -> Response<Bytes> {
        let reader = match self.inner.authenticate(request, self.origin).await {
            Ok(who) => Some(who.person.id.clone()),
            Err(Stranger::Anonymous) => None,
            Err(stranger) => return not_logged_in(&stranger),
        };
        let found = match self.shown_to(user, reader.as_ref()).await {
            Ok(found) => found,
            Err(()) => return unavailable(),
        };
        let Some(person) = found else { return not_found(self.inner, &request.headers) };
        let fields = self.inner.accounts.profile(&person.id).await;
        let Ok(fields) = fields else { return unavailable() };
        let audience = if reader.is_some() { Audience::People } else { Audience::Strangers };
        let shown = Shown::new(&person, &fields).to(audience);
        // To strangers a page without a name would tell no more than that there is somebody.
        let name = match (shown.get("displayname"), audience) {
            (Some(name), _) => name,
            (None, Audience::People) => person.id.as_str(),
            (None, Audience::Strangers) => return not_found(self.inner, &request.headers),
        };
        if !shown.has_page() {
            return not_found(self.inner, &request.headers);
        }
        let ids = std::slice::from_ref(&person.id);
        let status = match audience {
            Audience::Strangers => None,
            Audience::People => match user_status::of_people(self.inner, ids).await {
                Ok(mut found) => found.pop().flatten(),
                Err(_) => return unavailable(),
            },
        };
        let status = status.as_ref().and_then(|status| {
            let message = status.message.as_deref()?;
            Some(format!("{} {message}", status.icon.as_deref().unwrap_or_default()))
        });
        let ways = shown.ways(&self.origin.base_url());
        let page = Profile {
            user: person.id.as_str(),
            display_name: name,
            has_picture: shown.is_told("avatar"),
            pronouns: shown.get("pronouns"),
            headline: shown.get("headline"),
            status: status.as_deref().map(str::trim),
            role: shown.get("role"),
            organisation: shown.get("organisation"),
            address: shown.get("address"),
            biography: shown.get("biography"),
            ways: &ways,
        };
        self.frame(&request.headers).profile(&page)
    }

    /// The person of an id, if the reader may know of them.
    async fn shown_to(&self, user: &str, reader: Option<&UserId>) -> Result<Option<Person>, ()> {
        let decoded = allmende_webdav_proto::href::decode(user);
        let Some(id) = decoded.ok().and_then(|id| id.parse::<UserId>().ok()) else {
            return Ok(None);
        };
        let person = self.inner.accounts.person(&id).await.map_err(drop)?;
        let Some(person) = person.filter(|person| person.status == Status::Enabled) else {
            return Ok(None);
        };
        if let Some(reader) = reader {
            let ids = std::slice::from_ref(&person.id);
            let known = self.inner.sharing.knows(reader, ids, Look::Named).await;
            if known.map_err(drop)? != [true] {
                return Ok(None);
            }
        }
        Ok(Some(person))
    }
}
