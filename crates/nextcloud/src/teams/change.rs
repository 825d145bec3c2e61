//! Making, changing and removing team folders.

use allmende_ocs::endpoints::group_folders::{
    ById, Changed, Done, Folder, GroupPermissions, ManagerSwitch, Membership, NewFolder,
    NewMountPoint, NewQuota, PrincipalKind, Rename, RulesSwitch as Switch,
};
use allmende_sharing::{NewTeamFolder, RulesSwitch, Subject, TeamFolderId, TeamQuota, TeamRefusal};
use allmende_types::Permissions;

use super::{Desk, Failed, shown};

/// The bits that mean something.
const KNOWN: u32 = 31;

/// The folder as it is now.
async fn changed(desk: &Desk<'_>, id: TeamFolderId) -> Result<Changed, Failed> {
    let folder = desk.sharing().team_folder(id).await?;
    Ok(shown::folder(folder).for_format(desk.format).into())
}

pub(super) async fn create(desk: &Desk<'_>, input: NewFolder) -> Result<Folder, Failed> {
    desk.administers()?;
    let mut new = NewTeamFolder::new(input.mountpoint);
    new.default_none = input.acl_default_no_permission;
    let made = desk.sharing().create_team_folder(desk.caller(), new).await?;
    Ok(shown::folder(made).for_format(desk.format))
}

pub(super) async fn delete(desk: &Desk<'_>, input: ById) -> Result<Done, Failed> {
    let id = desk.may_change(input.id).await?;
    desk.sharing().remove_team_folder(desk.caller(), id).await?;
    Ok(Done::default())
}

/// Another mount point; the one that it has is taken, as any other.
pub(super) async fn edit(desk: &Desk<'_>, input: NewMountPoint) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    let before = desk.sharing().team_folder(id).await?.mount_point;
    if before == input.mount_point.trim().trim_matches('/') {
        return Err(Failed::bad_request(&TeamRefusal::MountPointTaken.to_string()));
    }
    desk.sharing().rename_team_folder(desk.caller(), id, &input.mount_point).await?;
    changed(desk, id).await
}

/// Another mount point, or the one that it has.
pub(super) async fn set_mount_point(desk: &Desk<'_>, input: Rename) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    desk.sharing().rename_team_folder(desk.caller(), id, &input.mountpoint).await?;
    changed(desk, id).await
}

fn group(id: &str) -> Result<Subject, Failed> {
    Subject::parse("group", id).ok_or_else(|| Failed::bad_request("Invalid group"))
}

pub(super) async fn add_group(desk: &Desk<'_>, input: Membership) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    desk.sharing().add_team_group(desk.caller(), id, &group(&input.group)?).await?;
    changed(desk, id).await
}

pub(super) async fn remove_group(desk: &Desk<'_>, input: Membership) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    desk.sharing().remove_team_group(desk.caller(), id, &group(&input.group)?).await?;
    changed(desk, id).await
}

pub(super) async fn set_permissions(
    desk: &Desk<'_>,
    input: GroupPermissions,
) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    let known = u8::try_from(input.permissions & KNOWN).ok().and_then(Permissions::from_bits);
    let permissions = known.unwrap_or(Permissions::NONE);
    let group = group(&input.group)?;
    desk.sharing().set_team_permissions(desk.caller(), id, &group, permissions).await?;
    changed(desk, id).await
}

pub(super) async fn set_quota(desk: &Desk<'_>, input: NewQuota) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    let quota = TeamQuota::from_number(input.quota);
    desk.sharing().set_team_quota(desk.caller(), id, quota).await?;
    changed(desk, id).await
}

pub(super) async fn switch_rules(desk: &Desk<'_>, input: Switch) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    let switch = if input.acl { RulesSwitch::On } else { RulesSwitch::Off };
    desk.sharing().switch_team_rules(desk.caller(), id, switch).await?;
    changed(desk, id).await
}

pub(super) async fn set_manager(desk: &Desk<'_>, input: ManagerSwitch) -> Result<Changed, Failed> {
    let id = desk.may_change(input.id).await?;
    let kind = match input.mapping_type {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
        PrincipalKind::Circle => "circle",
    };
    let manager = Subject::parse(kind, &input.mapping_id);
    let manager = manager.ok_or_else(|| Failed::bad_request("Invalid mapping"))?;
    if input.manage_acl {
        desk.sharing().add_team_manager(desk.caller(), id, &manager).await?;
    } else {
        desk.sharing().remove_team_manager(desk.caller(), id, &manager).await?;
    }
    changed(desk, id).await
}
