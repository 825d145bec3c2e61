//! What there is.

use allmende_accounts::Page;
use allmende_ocs::endpoints::{
    NoParameters,
    group_folders::{
        ById, Count, Delegation, DelegationGroup, DelegationTeam, Folder, Folders, GroupMapping,
        Mappings, Query, Search, TeamMapping, UserMapping,
    },
};
use allmende_sharing::{Subject, TeamFolder, TeamFolderId, TeamOrder, TeamScope};
use http::StatusCode;

use super::{Desk, Failed, Rank, shown};
use crate::ocs::unavailable;

pub(super) async fn list(desk: &Desk<'_>, query: Query) -> Result<Folders, Failed> {
    let order = match query.order_by.as_deref().unwrap_or_default() {
        "" | "mount_point" => TeamOrder::MountPoint,
        "quota" => TeamOrder::Quota,
        "groups" => TeamOrder::Groups,
        "acl" => TeamOrder::Rules,
        _ => return Err(Failed::bad_request("The orderBy is not allowed.")),
    };
    let backwards = match query.order.as_deref().unwrap_or_default() {
        "" | "asc" => false,
        "desc" => true,
        _ => return Err(Failed::bad_request("The order is not allowed.")),
    };
    if query.limit == Some(0) {
        return Err(Failed::bad_request("The limit must be greater than 0."));
    }
    let mut folders = if query.applicable {
        let own = TeamScope::Member(desk.person);
        desk.sharing().team_folders(own, order).await?
    } else {
        visible(desk, order).await?
    };
    if backwards {
        folders.reverse();
    }
    let offset = query.offset.and_then(|offset| usize::try_from(offset).ok());
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let page = folders.into_iter().skip(offset.unwrap_or(0)).take(limit.unwrap_or(usize::MAX));
    Ok(Folders(page.map(shown::folder).collect()).for_format(desk.format))
}

/// The folders that the caller may look at.
async fn visible(desk: &Desk<'_>, order: TeamOrder) -> Result<Vec<TeamFolder>, Failed> {
    let scope = match desk.rank {
        Rank::Administrator => TeamScope::All,
        Rank::Delegate => TeamScope::Manager(desk.person),
        Rank::Member => TeamScope::Member(desk.person),
    };
    Ok(desk.sharing().team_folders(scope, order).await?)
}

pub(super) async fn count(desk: &Desk<'_>, _: NoParameters) -> Result<Count, Failed> {
    let count = match desk.rank {
        Rank::Administrator => desk.sharing().count_team_folders().await?,
        _ => visible(desk, TeamOrder::default()).await?.len() as u64,
    };
    Ok(Count { count })
}

pub(super) async fn get(desk: &Desk<'_>, input: ById) -> Result<Folder, Failed> {
    let id = TeamFolderId(input.id);
    let found = match desk.rank {
        Rank::Administrator => desk.sharing().team_folder(id).await?,
        _ => {
            let mut own = visible(desk, TeamOrder::default()).await?.into_iter();
            // Whether others have it is not told.
            let foreign = || Failed::Plain(StatusCode::NOT_FOUND, String::new());
            own.find(|folder| folder.id == id).ok_or_else(foreign)?
        }
    };
    Ok(shown::folder(found).for_format(desk.format))
}

/// Who could be named in a rule, for those who may set rules.
pub(super) async fn search(desk: &Desk<'_>, input: Search) -> Result<Mappings, Failed> {
    let id = TeamFolderId(input.id);
    let mut mappings = Mappings::default();
    if desk.rank != Rank::Administrator && !desk.manages(id).await? {
        return Ok(mappings);
    }
    for found in desk.sharing().search_team_members(id, &input.search).await? {
        let displayname = found.name;
        match found.subject {
            Subject::Person(id) => {
                mappings.users.push(UserMapping { uid: id.to_string(), displayname });
            }
            Subject::Group(id) => {
                mappings.groups.push(GroupMapping { gid: id.to_string(), displayname });
            }
            Subject::Team(sid) => mappings.circles.push(TeamMapping { sid, displayname }),
        }
    }
    Ok(mappings)
}

/// All groups.
pub(super) async fn groups(
    desk: &Desk<'_>,
    _: NoParameters,
) -> Result<Vec<DelegationGroup>, Failed> {
    desk.administers()?;
    let mut all = Vec::new();
    let mut page = Page::default();
    loop {
        let some = desk.call.inner.accounts.groups("", page).await.map_err(unavailable)?;
        let more = some.len() as u64 >= page.limit;
        all.extend(some.into_iter().map(|group| DelegationGroup {
            gid: group.id.to_string(),
            display_name: group.display_name,
        }));
        if !more {
            return Ok(all);
        }
        page.offset += page.limit;
    }
}

/// All teams: this server has none.
pub(super) async fn teams(_: &Desk<'_>, _: NoParameters) -> Result<Vec<DelegationTeam>, Failed> {
    Ok(Vec::new())
}

/// The groups to which some settings were handed.
pub(super) async fn authorised_groups(
    desk: &Desk<'_>,
    input: Delegation,
) -> Result<Vec<DelegationGroup>, Failed> {
    desk.administers()?;
    let config = desk.sharing().config().await?;
    let ids = config.delegates(&input.classname);
    let names = desk.call.inner.accounts.group_names(&ids).await.map_err(unavailable)?;
    let shown = |(gid, display_name): (allmende_types::GroupId, String)| DelegationGroup {
        gid: gid.to_string(),
        display_name,
    };
    let there = ids.into_iter().zip(names).filter_map(|(id, name)| Some((id, name?)));
    Ok(there.map(shown).collect())
}
