//! Team folders and those who have to do with them, as they are told.

use allmende_ocs::endpoints::group_folders::{Folder, Group, Manager, PrincipalKind};
use allmende_sharing::{RulesSwitch, Subject, TeamFolder};

/// The number that stands for no limit.
const UNLIMITED: i64 = -3;

pub(super) fn folder(folder: TeamFolder) -> Folder {
    let groups = folder.groups.into_iter().map(|group| Group {
        id: group.subject.id().to_owned(),
        kind: kind(&group.subject),
        display_name: group.name,
        permissions: group.permissions.bits().into(),
    });
    let manage = folder.managers.into_iter().map(|manager| Manager {
        kind: kind(&manager.subject),
        id: manager.subject.id().to_owned(),
        displayname: manager.name,
    });
    Folder {
        id: folder.id.0,
        mount_point: folder.mount_point,
        // The one that holds, also where it is the default of all folders.
        quota: folder.limit.map_or(UNLIMITED, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        acl: folder.rules == RulesSwitch::On,
        acl_default_no_permission: folder.default_none,
        size: folder.size,
        groups: groups.collect(),
        manage: manage.collect(),
        ..Folder::default()
    }
}

fn kind(subject: &Subject) -> PrincipalKind {
    match subject {
        Subject::Person(_) => PrincipalKind::User,
        Subject::Group(_) => PrincipalKind::Group,
        Subject::Team(_) => PrincipalKind::Circle,
    }
}
