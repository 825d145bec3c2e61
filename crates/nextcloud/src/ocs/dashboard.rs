//! Small views of what there is, which mobile clients show on the home screen.

use std::collections::HashMap;

use allmende_files::SearchRequest;
use allmende_ocs::{
    Assoc, OcsError, Reply,
    endpoints::{
        NoParameters, activity as feed,
        dashboard::{Button, Item, ItemList, Query, Widget},
        user_status::PublicStatus,
    },
};
use allmende_storage::{NodeField, SortOrder};
use allmende_types::UserId;

use super::{
    Call, Outcome, activity,
    contact::page_of,
    recommendations::recommended,
    rich::{self, Text},
    search::marked,
    unavailable, user_status,
};
use crate::{pages::Language, previews::Icon};

/// Entries of a view where no number is asked for, and at most.
const LIMIT: u32 = 7;
const MOST: u32 = 30;

/// A view that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Recommendations,
    Favourites,
    Activity,
    Statuses,
}

impl View {
    const ALL: [Self; 4] =
        [Self::Recommendations, Self::Favourites, Self::Activity, Self::Statuses];

    const fn id(self) -> &'static str {
        match self {
            Self::Recommendations => "recommendations",
            Self::Favourites => "files-favorites",
            Self::Activity => "activity",
            Self::Statuses => "user_status",
        }
    }

    const fn title(self) -> Text {
        match self {
            Self::Recommendations => Text::new("Recommended files", "Empfohlene Dateien"),
            Self::Favourites => Text::new("Favorite files", "Favoriten"),
            Self::Activity => Text::new("Recent activity", "Letzte Aktivitäten"),
            Self::Statuses => Text::new("Recent statuses", "Letzte Statusänderungen"),
        }
    }

    /// What is said where there is no entry.
    const fn empty(self) -> Text {
        match self {
            Self::Recommendations => Text::new("No recommendations", "Keine Empfehlungen"),
            Self::Favourites => Text::new("No favorites", "Keine Favoriten"),
            Self::Activity => Text::new("No activities", "Keine Aktivitäten"),
            Self::Statuses => {
                Text::new("No recent status changes", "Keine letzten Statusänderungen")
            }
        }
    }

    const fn order(self) -> i64 {
        match self {
            Self::Recommendations => 0,
            Self::Favourites => 1,
            Self::Statuses => 5,
            Self::Activity => 10,
        }
    }

    const fn icon_class(self) -> &'static str {
        match self {
            Self::Recommendations => "icon-files-dark",
            Self::Favourites => "icon-starred",
            Self::Activity => "icon-activity",
            Self::Statuses => "icon-user-status-dark",
        }
    }
}

pub(super) async fn widgets(call: &Call<'_>, _: NoParameters) -> Outcome<Assoc<Widget>> {
    let language = rich::language(&call.who()?.person.language, call.headers);
    let base = call.origin.base_url();
    let files = format!("{base}/apps/files/");
    let widget = |view: View| {
        let more = Button {
            kind: "more".to_owned(),
            text: Text::new("Show all files", "Alle Dateien anzeigen").of(language).to_owned(),
            link: files.clone(),
        };
        let of_files = matches!(view, View::Recommendations | View::Favourites);
        Widget {
            id: view.id().to_owned(),
            title: view.title().of(language).to_owned(),
            order: view.order(),
            icon_class: view.icon_class().to_owned(),
            icon_url: format!("{base}/core/img/logo.svg"),
            // There are pages of files only.
            widget_url: of_files.then(|| files.clone()),
            item_icons_round: view == View::Statuses,
            item_api_versions: vec![1, 2],
            reload_interval: 0,
            buttons: if of_files { vec![more] } else { Vec::new() },
        }
    };
    Ok(Reply::new(View::ALL.into_iter().map(|view| (view.id(), widget(view))).collect()))
}

pub(super) async fn items_v1(call: &Call<'_>, query: Query) -> Outcome<Assoc<Vec<Item>>> {
    Ok(Reply::new(items(call, &query).await?.into_iter().map(|(v, all)| (v.id(), all)).collect()))
}

pub(super) async fn items_v2(call: &Call<'_>, query: Query) -> Outcome<Assoc<ItemList>> {
    let language = rich::language(&call.who()?.person.language, call.headers);
    let list = |(view, items): (View, Vec<Item>)| {
        let empty = if items.is_empty() { view.empty().of(language) } else { "" };
        let list =
            ItemList { items, empty_content_message: empty.to_owned(), ..ItemList::default() };
        (view.id(), list)
    };
    Ok(Reply::new(items(call, &query).await?.into_iter().map(list).collect()))
}

/// The entries of the views that are asked for; what is not there is passed over.
async fn items(call: &Call<'_>, query: &Query) -> Result<Vec<(View, Vec<Item>)>, OcsError> {
    let limit = query.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let asked = |view: &View| {
        query.widgets.is_empty() || query.widgets.iter().any(|asked| asked == view.id())
    };
    let mut all = Vec::new();
    for view in View::ALL.into_iter().filter(asked) {
        let mut items = match view {
            View::Recommendations => recommendations(call, limit as usize).await?,
            View::Favourites => favourites(call, limit as usize).await?,
            View::Activity => activities(call, limit).await?,
            View::Statuses => statuses(call, limit as usize).await?,
        };
        // What the client knows already it is not told again.
        let known = query.since_ids.get(view.id()).and_then(|id| id.parse::<i64>().ok());
        if let Some(known) = known {
            items.retain(|item| item.since_id.parse::<i64>().is_ok_and(|id| id > known));
        }
        all.push((view, items));
    }
    Ok(all)
}

/// A file as an entry.
fn file(base: &str, file: &allmende_files::Entry, since: i64) -> Item {
    let (id, media_type) = (file.id(), file.media_type().unwrap_or_default());
    let folder = file.path.as_ref().and_then(allmende_types::SpacePath::parent);
    let folder = folder.filter(|folder| !folder.is_root()).map(|folder| folder.to_string());
    Item {
        title: file.name().map_or("", |name| name.as_str()).to_owned(),
        subtitle: folder.unwrap_or_default(),
        link: format!("{base}/f/{id}"),
        icon_url: if allmende_previews::renders(media_type) {
            format!("{base}/core/preview?fileId={id}&x=256&y=256&a=1")
        } else {
            let icon = Icon::of(media_type).map(Icon::path);
            format!("{base}{}", icon.as_deref().unwrap_or("/core/img/logo.svg"))
        },
        overlay_icon_url: String::new(),
        since_id: since.to_string(),
    }
}

async fn recommendations(call: &Call<'_>, limit: usize) -> Result<Vec<Item>, OcsError> {
    let base = call.origin.base_url();
    let found = recommended(call, limit).await?;
    Ok(found.iter().map(|one| file(&base, &one.file, one.at.unix())).collect())
}

async fn favourites(call: &Call<'_>, limit: usize) -> Result<Vec<Item>, OcsError> {
    let view = call.view().await?;
    let root = view.root().await.map_err(unavailable)?;
    let mut request = SearchRequest::new(root, marked(&view));
    request.order = vec![(NodeField::LastActivity, SortOrder::Descending)];
    request.limit = limit;
    let found = view.search(request).await.map_err(unavailable)?;
    let base = call.origin.base_url();
    Ok(found.iter().map(|one| file(&base, one, one.node.modified.unix())).collect())
}

async fn activities(call: &Call<'_>, limit: u32) -> Result<Vec<Item>, OcsError> {
    // They name files.
    call.view().await?;
    let query = feed::Query { limit: Some(limit), ..feed::Query::default() };
    let item = |one: feed::Activity| Item {
        title: one.subject,
        subtitle: one.message,
        link: one.link,
        icon_url: one.icon,
        overlay_icon_url: String::new(),
        since_id: one.activity_id.to_string(),
    };
    Ok(activity::list(call, query).await?.data.into_iter().map(item).collect())
}

async fn statuses(call: &Call<'_>, limit: usize) -> Result<Vec<Item>, OcsError> {
    let language = rich::language(&call.who()?.person.language, call.headers);
    let me = call.who()?.person.id.as_str();
    let recent = user_status::recent(call).await?.into_iter();
    let recent: Vec<(PublicStatus, i64)> =
        recent.filter(|(status, _)| status.user_id != me).take(limit).collect();
    let ids: Vec<UserId> =
        recent.iter().filter_map(|(status, _)| status.user_id.parse().ok()).collect();
    let people = call.accounts.people_by_id(&ids).await.map_err(unavailable)?;
    let names: HashMap<String, String> = people
        .into_iter()
        .flatten()
        .map(|person| (person.id.to_string(), person.display_name))
        .collect();
    let base = call.origin.base_url();
    let item = |(status, since): &(PublicStatus, i64)| {
        let name = names.get(&status.user_id)?;
        Some(Item {
            title: name.clone(),
            subtitle: said(status, language),
            link: page_of(&base, &status.user_id),
            icon_url: format!("{base}/avatar/{}/64", status.user_id),
            overlay_icon_url: String::new(),
            since_id: since.to_string(),
        })
    };
    Ok(recent.iter().filter_map(item).collect())
}

/// What somebody says of themselves, in one line.
fn said(status: &PublicStatus, language: Language) -> String {
    use allmende_ocs::endpoints::user_status::Presence;
    let presence = match status.status {
        Presence::Online => Text::new("Online", "Online"),
        Presence::Away => Text::new("Away", "Abwesend"),
        Presence::Dnd => Text::new("Do not disturb", "Bitte nicht stören"),
        Presence::Busy => Text::new("Busy", "Beschäftigt"),
        Presence::Invisible | Presence::Offline => Text::new("Offline", "Offline"),
    };
    let message = status.message.as_deref().unwrap_or(presence.of(language));
    match &status.icon {
        Some(icon) => format!("{icon} {message}"),
        None => message.to_owned(),
    }
}
